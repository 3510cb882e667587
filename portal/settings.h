/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The portal's configuration file as a struct. conf/portal.conf.sample says
 * what each key means. Strings are owned by the struct; an absent optional one
 * is NULL. Nothing changes after start, so any thread may read.
 */
#ifndef RTH_SETTINGS_H
#define RTH_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "conf.h"

struct rth_listen_conf {
	char *address; /* numeric */
	int64_t port;
};

struct rth_provider_conf {
	char *id;   /* in URLs: a-z 0-9 - */
	char *name; /* on the button */
	char *issuer;
	char *client_id;
	char *client_secret; /* NULL: a public client */
	char *client_secret_file;
	char *scope;	    /* "openid email profile" */
	char *groups_claim; /* NULL: none */
	/* Of the addresses that it may vouch for; empty: all */
	struct rth_conf_strings domains;
	char *ca_file; /* more trusted certificates, or NULL */
};

/* Who may do what with whose recordings; rights.h. */
struct rth_review_rule {
	/* "role:operator", "email:a@b", "domain:b", "group:g" */
	struct rth_conf_strings who;
	struct rth_conf_strings right_names; /* "list", "play" ... */
	/* "all", "own", or the clinician's: "email:a@b", "domain:b" */
	struct rth_conf_strings of;
	unsigned rights; /* computed: enum rth_review_right */
};

/* A reason for playing a recording. */
enum rth_reason_need {
	RTH_REASON_REQUIRED,
	RTH_REASON_OPTIONAL,
	RTH_REASON_NONE, /* one that is given all the same is not kept */
};

/* How long recordings of certain clinicians, of visits of certain kinds, are
   kept; of both where both are given, and one of them is. */
struct rth_retention_rule {
	struct rth_conf_strings clinicians; /* "email:a@b", "domain:b" */
	struct rth_conf_strings kinds;
	int64_t days; /* 0: for ever */
};

struct rth_settings {
	struct rth_listen_conf listen;
	struct rth_listen_conf private_listen;
	char *public_url; /* scheme://host[:port], no slash at the end */
	char *web_root;
	char *database;
	char *key_dir;
	char *clinic_name; /* clinic.name, where that is given */
	struct {
		char *name;		/* NULL: clinic_name is meant */
		char *logo;		/* file; NULL: none */
		char *accent;		/* "#rrggbb"; NULL: RTHealth's */
		char *emergency_number; /* NULL: none is shown */
	} clinic;
	/* Computed: plain http elsewhere than on localhost (a trial), where a
	   browser takes neither "Secure" nor "__Host-". */
	bool cookies_insecure;
	bool trial;				 /* codes on the terminal */
	struct rth_conf_strings trusted_proxies; /* numeric addresses */
	struct {
		char *url; /* of the WebSocket, as browsers see it */
		char *audience;
		char *token_auth_secret;
		char *token_auth_secret_file;
		char *admin_url; /* NULL: no admin API */
		char *admin_secret;
		char *admin_secret_file;
		char *events_user;
		char *events_password;
		char *events_password_file;
	} janus;
	struct {
		char *issuer; /* of admission tokens; filled from public_url */
		int64_t rotate_s; /* a key signs so long */
	} signing;
	struct {
		struct rth_conf_strings urls;
		char *secret; /* coturn's static-auth-secret; NULL: none */
		char *secret_file;
		int64_t ttl_s;
	} turn;
	struct {
		char *url; /* smtp://host:port or smtps://; NULL: none */
		char *user;
		char *password;
		char *password_file;
		char *from;
		char *ca_file;
		bool insecure; /* plain smtp:// may go without STARTTLS */
	} smtp;
	struct {
		char *heads; /* file of signed heads; NULL: by the database */
	} audit;
	struct {
		char *folder;	   /* of the recordings; NULL: there are none */
		char *public_keys; /* folder of NAME.pub; with `folder` */
		char *private_keys;    /* folder of NAME.key; with `folder` */
		char *passphrase_file; /* of the private keys, or NULL */
		char *recover_program; /* rthealth-recover */
		bool allowed;	       /* clinicians may ask for one */
	} recordings;
	struct {
		int64_t keep_hours; /* one that is done is kept so long */
		int64_t at_once;    /* made by one portal at a time */
		int64_t reserve_mb; /* free space that they leave */
		bool previews;	    /* strips and outlines are made */
		char *program;	    /* rthealth-film */
	} films;
	struct rth_conf_list providers; /* struct rth_provider_conf */
	struct {
		/* "email:a@b", "domain:b", "group:g" */
		struct rth_conf_strings clinicians;
		struct rth_conf_strings operators;
		struct rth_conf_strings admins;
	} roles;
	struct {
		struct rth_conf_list rules; /* struct rth_review_rule */
		/* Ones to choose from: "complaint" ... */
		struct rth_conf_strings reasons;
		char *reason; /* "required", "optional", "none" */
		enum rth_reason_need reason_need; /* computed: the same */
	} review;
	struct {
		int64_t days; /* where no rule fits; 0: for ever */
		/* struct rth_retention_rule; the first that fits counts */
		struct rth_conf_list rules;
	} retention;
	struct {
		int64_t idle_s;	    /* signed out when nothing came so long */
		int64_t absolute_s; /* and in any case after this */
	} session;
	struct {
		int64_t before_s; /* a visit can be joined so long before */
		int64_t after_s;  /* and so long after its end */
		int64_t max_minutes;
		int64_t keep_days; /* past ones are listed so long */
		struct rth_conf_strings kinds; /* to choose from */
	} visit;
	struct {
		int64_t minutes; /* how long a visit is that began by a knock */
	} door;
	struct {
		bool enabled; /* patients may call for somebody now */
	} urgent;
	struct {
		int64_t ttl_s;		  /* 600 */
		int64_t tries;		  /* 5 */
		int64_t per_address_hour; /* codes sent to one e-mail address */
		int64_t per_client_hour;  /* codes asked for by one client */
		int64_t tries_client_hour; /* codes tried by one client */
	} code;
	struct {
		int64_t threads;     /* of the HTTP pool */
		int64_t workers;     /* for the database */
		int64_t net_workers; /* for providers, mail and Janus */
		int64_t connections;
		int64_t connections_per_address;
		int64_t idle_s;	   /* a connection may be silent so long */
		int64_t request_s; /* a request must be there within */
		int64_t streams;   /* answers of plays under way at once */
		int64_t streams_per_play;
		int64_t stream_check_s; /* a play's right is asked so often */
		int64_t live;		/* live streams at once */
	} limits;
};

/**
 * Reads and checks the file, and the secrets that it names by file. Startup.
 *
 * @param settings zeroed; rth_settings_clear also after an error
 * @param path     the file
 * @param problem  receives one line "FILE:LINE: KEY: reason"
 * @return 0, RTH_ERR_CONFIG or RTH_ERR_NOMEM
 */
enum rth_err rth_settings_read(struct rth_settings *settings, const char *path,
			       struct rth_conf_problem *problem) RTH_CHECKED;

/** Wipes the secrets and frees. */
void rth_settings_clear(struct rth_settings *settings);

#endif
