/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The certificate of a deletion: a JSON object that is signed with the audit's
 * key and can be verified without the database (docs/retention.md).
 */
#ifndef RTH_CERTIFICATE_H
#define RTH_CERTIFICATE_H

#include "store.h"

struct rth_audit_key;

/**
 * Makes a certificate of a deletion that was verified. Any thread.
 *
 * @param textp receives one line of JSON without a line end, for rth_free
 * @param key   borrowed
 * @return 0, RTH_ERR_CRYPTO, RTH_ERR_NOMEM, RTH_ERR_FORMAT: a wrong time
 */
enum rth_err rth_certificate_make(char **textp,
				  const struct rth_deletion *deletion,
				  const struct rth_audit_key *key) RTH_CHECKED;

#endif
