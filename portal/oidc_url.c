/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * URLs and forms of the code flow.
 */
#include "oidc_url.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base64.h"
#include "fetch.h"

#define SECRET_BYTES 32

/* One argument of a query or form. */
struct argument {
	const char *name;
	const char *value; /* NULL: left out */
};

enum rth_err rth_oidc_secret(char secret[RTH_OIDC_SECRET_SIZE])
{
	unsigned char bytes[SECRET_BYTES];

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return RTH_ERR_CRYPTO;
	return rth_base64url_encode(secret, RTH_OIDC_SECRET_SIZE, bytes,
				    sizeof(bytes));
}

enum rth_err rth_oidc_challenge(char challenge[RTH_OIDC_SECRET_SIZE],
				const char *verifier)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (!EVP_Digest(verifier, strlen(verifier), hash, &len, EVP_sha256(),
			NULL))
		return RTH_ERR_CRYPTO;
	return rth_base64url_encode(challenge, RTH_OIDC_SECRET_SIZE, hash, len);
}

/* "//host" and "/\host" are other sites to a browser, which also drops tabs
   and line feeds on its way. */
bool rth_oidc_next_allowed(const char *next)
{
	const char *s;

	if (next[0] != '/' || next[1] == '/' ||
	    strlen(next) > RTH_OIDC_NEXT_MAX_BYTES)
		return false;
	for (s = next; *s; s++)
		if (*s <= 0x20 || *s >= 0x7f || *s == '\\')
			return false;
	return true;
}

static enum rth_err print(char *out, size_t size, const char *head,
			  size_t head_len, const char *middle, const char *tail)
{
	int n = snprintf(out, size, "%.*s%s%s", (int)head_len, head, middle,
			 tail);

	return n < 0 || (size_t)n >= size ? RTH_ERR_LIMIT : RTH_OK;
}

enum rth_err rth_oidc_discovery_url(char *url, size_t size, const char *issuer)
{
	size_t len = strlen(issuer);

	if (len && issuer[len - 1] == '/')
		len--;
	return print(url, size, issuer, len, "/.well-known/",
		     "openid-configuration");
}

enum rth_err rth_oidc_redirect_uri(char *uri, size_t size,
				   const char *public_url, const char *provider)
{
	return print(uri, size, public_url, strlen(public_url),
		     "/auth/callback/", provider);
}

/* The first separator is `first`, the others '&'. */
static enum rth_err append_all(char *buf, size_t size, char first,
			       const struct argument *args)
{
	enum rth_err err = RTH_OK;
	char sep = first;

	for (; !err && args->name; args++) {
		if (!args->value)
			continue;
		err = rth_fetch_append(buf, size, sep, args->name, args->value);
		sep = '&';
	}
	return err;
}

enum rth_err rth_oidc_authorize_url(char url[RTH_OIDC_URL_SIZE],
				    const struct rth_oidc_request *request)
{
	char challenge[RTH_OIDC_SECRET_SIZE];
	const struct argument args[] = {
		{"response_type", "code"},
		{"client_id", request->client_id},
		{"redirect_uri", request->redirect_uri},
		{"scope", request->scope},
		{"state", request->state},
		{"nonce", request->nonce},
		{"code_challenge", challenge},
		{"code_challenge_method", "S256"},
		{NULL, NULL},
	};
	enum rth_err err = rth_oidc_challenge(challenge, request->verifier);

	if (!err)
		err = print(url, RTH_OIDC_URL_SIZE, request->endpoint,
			    strlen(request->endpoint), "", "");
	if (!err)
		err = append_all(url, RTH_OIDC_URL_SIZE,
				 strchr(request->endpoint, '?') ? '&' : '?',
				 args);
	return err;
}

enum rth_err rth_oidc_token_form(char form[RTH_OIDC_FORM_SIZE],
				 const struct rth_oidc_redemption *r)
{
	const struct argument args[] = {
		{"grant_type", "authorization_code"},
		{"code", r->code},
		{"redirect_uri", r->redirect_uri},
		{"code_verifier", r->verifier},
		{"client_id", r->client_id},
		{"client_secret", r->client_secret},
		{NULL, NULL},
	};

	form[0] = 0;
	return append_all(form, RTH_OIDC_FORM_SIZE, 0, args);
}
