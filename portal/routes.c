/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every request that the portal answers.
 */
#include "route.h"

#include "attend.h"
#include "audit.h"
#include "brand.h"
#include "door.h"
#include "events.h"
#include "files.h"
#include "film_handlers.h"
#include "join.h"
#include "live.h"
#include "mailcode.h"
#include "media.h"
#include "oidc.h"
#include "peers.h"
#include "play.h"
#include "portal.h"
#include "preview.h"
#include "retention.h"
#include "review.h"
#include "session.h"
#include "static.h"
#include "store.h"
#include "urgent.h"
#include "visit.h"

static void handle_health(struct rth_exchange *x)
{
	rth_reply_json(x, 200, json_pack("{s:b}", "ok", 1));
}

static void handle_ready(struct rth_exchange *x)
{
	if (rth_store_ping(rth_request_portal(x)->store))
		rth_reply_error(x, 503, "not-ready",
				"The database does not answer.");
	else
		rth_reply_json(x, 200, json_pack("{s:b}", "ok", 1));
}

/* clang-format off */
const struct rth_route rth_routes_public[] = {
	{RTH_GET, "/", RTH_ANYONE, RTH_ON_POOL, RTH_PROOF_NONE, 0, false,
	 rth_static_handle_page},
	{RTH_GET, "/visit/:id", RTH_ANYONE, RTH_ON_POOL, RTH_PROOF_NONE, 0,
	 false, rth_static_handle_page},
	{RTH_GET, "/review", RTH_ANYONE, RTH_ON_POOL, RTH_PROOF_NONE, 0, false,
	 rth_static_handle_page},
	{RTH_GET, "/review/:id", RTH_ANYONE, RTH_ON_POOL, RTH_PROOF_NONE, 0,
	 false, rth_static_handle_page},
	{RTH_GET, "/audit", RTH_ANYONE, RTH_ON_POOL, RTH_PROOF_NONE, 0, false,
	 rth_static_handle_page},
	{RTH_GET, "/d/:name", RTH_ANYONE, RTH_ON_POOL, RTH_PROOF_NONE, 0, false,
	 rth_static_handle_page},
	{RTH_GET, "/brand.css", RTH_ANYONE, RTH_ON_POOL, RTH_PROOF_NONE, 0,
	 false, rth_brand_handle_css},
	{RTH_GET, "/brand/logo", RTH_ANYONE, RTH_ON_POOL, RTH_PROOF_NONE, 0,
	 false, rth_brand_handle_logo},
	{RTH_GET, "/css/*", RTH_ANYONE, RTH_ON_POOL, RTH_PROOF_NONE, 0, false,
	 rth_static_handle_file},
	{RTH_GET, "/js/*", RTH_ANYONE, RTH_ON_POOL, RTH_PROOF_NONE, 0, false,
	 rth_static_handle_file},
	{RTH_GET, "/img/*", RTH_ANYONE, RTH_ON_POOL, RTH_PROOF_NONE, 0, false,
	 rth_static_handle_file},
	{RTH_GET, "/lang/*", RTH_ANYONE, RTH_ON_POOL, RTH_PROOF_NONE, 0, false,
	 rth_static_handle_file},
	{RTH_GET, "/.well-known/jwks.json", RTH_ANYONE, RTH_ON_STORE,
	 RTH_PROOF_NONE, 0, true, rth_peers_handle_keys},
	{RTH_GET, "/healthz", RTH_ANYONE, RTH_ON_POOL, RTH_PROOF_NONE, 0, true,
	 handle_health},
	{RTH_GET, "/readyz", RTH_ANYONE, RTH_ON_STORE, RTH_PROOF_NONE, 0, true,
	 handle_ready},

	{RTH_GET, "/api/session", RTH_ANYONE, RTH_ON_STORE, RTH_PROOF_NONE, 0,
	 false, rth_session_handle_get},
	{RTH_GET, "/auth/start/:provider", RTH_ANYONE, RTH_ON_NET,
	 RTH_PROOF_NONE, 0, false, rth_oidc_handle_start},
	{RTH_GET, "/auth/callback/:provider", RTH_ANYONE, RTH_ON_NET,
	 RTH_PROOF_NONE, 0, false, rth_oidc_handle_callback},
	{RTH_POST, "/auth/code", RTH_ANYONE, RTH_ON_STORE, RTH_PROOF_ORIGIN, 0,
	 false, rth_mailcode_handle_code},
	{RTH_POST, "/auth/verify", RTH_ANYONE, RTH_ON_STORE, RTH_PROOF_ORIGIN,
	 0, false, rth_mailcode_handle_verify},
	{RTH_POST, "/auth/sign-out", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_CSRF, 0, false, rth_session_handle_sign_out},
	{RTH_POST, "/auth/sign-out-everywhere", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_CSRF, 0, false, rth_session_handle_sign_out_everywhere},

	{RTH_GET, "/api/visits", RTH_SIGNED_IN, RTH_ON_STORE, RTH_PROOF_NONE, 0,
	 false, rth_visit_handle_list},
	{RTH_POST, "/api/visits", RTH_CLINICIAN, RTH_ON_STORE, RTH_PROOF_CSRF,
	 0, false, rth_visit_handle_make},
	{RTH_GET, "/api/visits/:id", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_NONE, 0, false, rth_visit_handle_get},
	{RTH_PUT, "/api/visits/:id", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_CSRF, 0, false, rth_visit_handle_change},
	{RTH_DELETE, "/api/visits/:id", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_CSRF, 0, false, rth_visit_handle_cancel},
	{RTH_GET, "/api/visits/:id/quality", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_NONE, 0, false, rth_visit_handle_quality},
	{RTH_POST, "/api/visits/:id/join", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_CSRF, 0, false, rth_join_handle},
	{RTH_POST, "/api/visits/:id/note", RTH_CLINICIAN, RTH_ON_NET,
	 RTH_PROOF_CSRF, 0, false, rth_attend_handle_note},
	{RTH_POST, "/api/visits/:id/decline", RTH_CLINICIAN, RTH_ON_NET,
	 RTH_PROOF_CSRF, 0, false, rth_attend_handle_decline},
	{RTH_GET, "/api/door", RTH_CLINICIAN, RTH_ON_STORE, RTH_PROOF_NONE, 0,
	 false, rth_door_handle_own},
	{RTH_PUT, "/api/door", RTH_CLINICIAN, RTH_ON_STORE, RTH_PROOF_CSRF, 0,
	 false, rth_door_handle_put},
	{RTH_GET, "/api/doors/:name", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_NONE, 0, false, rth_door_handle_get},
	{RTH_POST, "/api/doors/:name/knock", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_CSRF, 0, false, rth_door_handle_knock},
	{RTH_POST, "/api/urgent", RTH_SIGNED_IN, RTH_ON_STORE, RTH_PROOF_CSRF,
	 0, false, rth_urgent_handle_call},
	{RTH_POST, "/api/urgent/:id/take", RTH_CLINICIAN, RTH_ON_STORE,
	 RTH_PROOF_CSRF, 0, false, rth_urgent_handle_take},
	{RTH_PUT, "/api/duty", RTH_CLINICIAN, RTH_ON_STORE, RTH_PROOF_CSRF, 0,
	 false, rth_urgent_handle_duty},
	{RTH_GET, "/api/live", RTH_SIGNED_IN, RTH_ON_STORE, RTH_PROOF_NONE, 0,
	 false, rth_live_handle},
	{RTH_POST, "/api/check", RTH_SIGNED_IN, RTH_ON_STORE, RTH_PROOF_CSRF, 0,
	 false, rth_join_handle_check},

	{RTH_PUT, "/api/recordings/:id/hold", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_CSRF, 0, false, rth_retention_handle_hold},
	{RTH_DELETE, "/api/recordings/:id/hold", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_CSRF, 0, false, rth_retention_handle_release},
	{RTH_DELETE, "/api/recordings/:id", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_CSRF, 0, false, rth_retention_handle_delete},

	{RTH_GET, "/api/recordings", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_NONE, 0, false, rth_review_handle_list},
	{RTH_GET, "/api/recordings/:id", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_NONE, 0, false, rth_review_handle_get},
	{RTH_POST, "/api/recordings/:id/play", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_CSRF, 0, false, rth_play_handle_make},
	{RTH_GET, "/api/plays/:play", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_NONE, 0, false, rth_play_handle_get},
	{RTH_POST, "/api/plays/:play/watched", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_CSRF, 0, false, rth_play_handle_watched},
	{RTH_GET, "/api/plays/:play/:file", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_NONE, 0, false, rth_media_handle},

	{RTH_GET, "/api/recordings/:id/strip", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_NONE, 0, false, rth_preview_handle_strip},
	{RTH_GET, "/api/recordings/:id/outline", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_NONE, 0, false, rth_preview_handle_outline},
	{RTH_GET, "/api/recordings/:id/files", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_NONE, 0, false, rth_files_handle_list},
	{RTH_GET, "/api/recordings/:id/files/:file", RTH_SIGNED_IN,
	 RTH_ON_STORE, RTH_PROOF_NONE, 0, false, rth_files_handle_get},
	{RTH_POST, "/api/recordings/:id/films", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_CSRF, 0, false, rth_film_handle_ask},
	{RTH_GET, "/api/recordings/:id/films", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_NONE, 0, false, rth_film_handle_list},
	{RTH_GET, "/api/films/:film", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_NONE, 0, false, rth_film_handle_get},
	{RTH_DELETE, "/api/films/:film", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_CSRF, 0, false, rth_film_handle_remove},
	{RTH_GET, "/api/films/:film/file", RTH_SIGNED_IN, RTH_ON_STORE,
	 RTH_PROOF_NONE, 0, false, rth_film_handle_file},

	{RTH_GET, "/api/audit", RTH_SIGNED_IN, RTH_ON_STORE, RTH_PROOF_NONE, 0,
	 false, rth_audit_handle_list},
	{.pattern = NULL},
};

/* On the private listener, for Janus and the machine's own checks. */
const struct rth_route rth_routes_private[] = {
	{RTH_POST, "/janus-events", RTH_ANYONE, RTH_ON_STORE, RTH_PROOF_JANUS,
	 RTH_EVENTS_MAX_BYTES, true, rth_events_handle},
	{RTH_GET, "/healthz", RTH_ANYONE, RTH_ON_POOL, RTH_PROOF_NONE, 0, true,
	 handle_health},
	{RTH_GET, "/readyz", RTH_ANYONE, RTH_ON_STORE, RTH_PROOF_NONE, 0, true,
	 handle_ready},
	{.pattern = NULL},
};
/* clang-format on */
