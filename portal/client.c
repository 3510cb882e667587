/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whose request this is.
 */
#include "client.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "portal.h"

/* Somebody with IPv6 has at least a /64: who counts by whole addresses counts
   nothing. */
#define IPV6_PREFIX_BYTES 8

static bool trusted_proxy(const struct rth_settings *settings,
			  const char *address)
{
	size_t i;

	for (i = 0; i < settings->trusted_proxies.n; i++)
		if (strcmp(settings->trusted_proxies.v[i], address) == 0)
			return true;
	return false;
}

/* What the nearest proxy has added is the last of the list, in the last line;
   what stands before it is the client's own word. */
static const char *forwarded(const struct rth_exchange *x)
{
	const char *list =
		rth_request_last(x, RTH_FIELD_HEADER, "X-Forwarded-For");
	const char *last = list ? strrchr(list, ',') : NULL;
	unsigned char raw[sizeof(struct in6_addr)];

	last = last ? last + 1 : list;
	if (!last)
		return NULL;
	last += strspn(last, " ");
	if (inet_pton(AF_INET, last, raw) != 1 &&
	    inet_pton(AF_INET6, last, raw) != 1)
		return NULL;
	return last;
}

static void write_address(char *out, socklen_t size, const struct sockaddr *sa)
{
	out[0] = '\0';
	if (sa && sa->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)sa)->sin_addr,
			  out, size);
	else if (sa && sa->sa_family == AF_INET6)
		inet_ntop(AF_INET6,
			  &((const struct sockaddr_in6 *)sa)->sin6_addr, out,
			  size);
}

/* An IPv4 address in IPv6's clothes is the IPv4 one. */
static const char *plain(const char *address)
{
	return strncasecmp(address, "::ffff:", 7) == 0 && strchr(address, '.')
		       ? address + 7
		       : address;
}

static void set(struct rth_exchange *x, const char *address)
{
	unsigned char raw[sizeof(struct in6_addr)];
	char text[INET6_ADDRSTRLEN];

	address = plain(address);
	if (inet_pton(AF_INET6, address, raw) == 1) {
		memset(raw + IPV6_PREFIX_BYTES, 0,
		       sizeof(raw) - IPV6_PREFIX_BYTES);
		address = inet_ntop(AF_INET6, raw, text, sizeof(text));
	}
	rth_exchange_set_address(x, address ? address : "");
}

void rth_client_set_address(struct rth_exchange *x, const struct sockaddr *sa)
{
	char address[INET6_ADDRSTRLEN];
	const char *said = forwarded(x);

	write_address(address, sizeof(address), sa);
	if (said &&
	    trusted_proxy(&rth_request_portal(x)->settings, plain(address)))
		set(x, said);
	else
		set(x, address);
}
