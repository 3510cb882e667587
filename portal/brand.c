/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the clinic looks. See brand.h.
 */
#include "brand.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base64.h"
#include "mem.h"
#include "portal.h"

#define LOGO_MAX_BYTES 262144
#define CSS_SIZE 512
#define ETAG_SIZE 32
#define READABLE 4.5 /* WCAG 2.2, 1.4.3 */
#define STEPS 200    /* from the accent to black, or white */

/* What the accent stands on (web/css/base.css): the darkest of the light
   surfaces, and the lightest of the dark ones. */
#define LIGHT "#ecf1ee"
#define DARK "#35463f"

/* One thing that is always sent the same. */
struct kept {
	const char *data;
	size_t bytes;
	const char *type;
	char etag[ETAG_SIZE];
};

struct rth_brand {
	char css_text[CSS_SIZE];
	struct rth_brand_logo logo_file;
	struct kept css, logo; /* logo.data of NULL: there is none */
};

/* ---- Colours ---- */

struct colour {
	double part[3]; /* red, green, blue, 0 to 255 */
};

static bool read_colour(struct colour *c, const char *text)
{
	char part[3] = "";
	int i;

	if (strlen(text) != 7 || text[0] != '#' ||
	    strspn(text + 1, "0123456789abcdefABCDEF") != 6)
		return false;
	for (i = 0; i < 3; i++) {
		memcpy(part, text + 1 + 2 * i, 2);
		c->part[i] = (double)strtoul(part, NULL, 16);
	}
	return true;
}

/* Relative luminance, as WCAG 2.2 defines it. */
static double luminance(const struct colour *c)
{
	static const double weight[3] = {0.2126, 0.7152, 0.0722};
	double sum = 0;
	int i;

	for (i = 0; i < 3; i++) {
		double s = c->part[i] / 255;

		sum += weight[i] * (s <= 0.04045
					    ? s / 12.92
					    : pow((s + 0.055) / 1.055, 2.4));
	}
	return sum;
}

static double contrast(const struct colour *a, const struct colour *b)
{
	double x = luminance(a), y = luminance(b);

	return x > y ? (x + 0.05) / (y + 0.05) : (y + 0.05) / (x + 0.05);
}

double rth_brand_contrast(const char *one, const char *other)
{
	struct colour a, b;

	return read_colour(&a, one) && read_colour(&b, other) ? contrast(&a, &b)
							      : 1;
}

static struct colour mix(const struct colour *a, const struct colour *b,
			 double share_of_b)
{
	struct colour c;
	int i;

	for (i = 0; i < 3; i++)
		c.part[i] = round(a->part[i] +
				  (b->part[i] - a->part[i]) * share_of_b);
	return c;
}

static void write_colour(char out[RTH_BRAND_COLOUR_SIZE],
			 const struct colour *c)
{
	snprintf(out, RTH_BRAND_COLOUR_SIZE, "#%02x%02x%02x",
		 (unsigned)c->part[0] & 0xff, (unsigned)c->part[1] & 0xff,
		 (unsigned)c->part[2] & 0xff);
}

/*
 * Towards black or white until it can be read on `ground`, and on the ground
 * with a share of itself in it, as buttons that are not the main one have.
 */
static struct colour readable(const struct colour *accent,
			      const struct colour *towards,
			      const struct colour *ground, double share)
{
	struct colour c = *accent;
	int i;

	for (i = 0; i <= STEPS; i++) {
		struct colour soft;

		c = mix(accent, towards, (double)i / STEPS);
		soft = mix(ground, &c, share);
		if (contrast(&c, ground) >= READABLE &&
		    contrast(&c, &soft) >= READABLE)
			break;
	}
	return c;
}

enum rth_err rth_brand_colours(struct rth_brand_colours *colours,
			       const char *accent)
{
	static const struct colour black = {{0, 0, 0}};
	static const struct colour white = {{255, 255, 255}};
	struct colour given, light, dark, on_light, on_dark;

	if (!read_colour(&given, accent) || !read_colour(&on_light, LIGHT) ||
	    !read_colour(&on_dark, DARK))
		return RTH_ERR_FORMAT;
	light = readable(&given, &black, &on_light, 0.11);
	dark = readable(&given, &white, &on_dark, 0.2);
	write_colour(colours->light, &light);
	write_colour(colours->dark, &dark);
	snprintf(colours->on_light, RTH_BRAND_COLOUR_SIZE, "#ffffff");
	snprintf(colours->on_dark, RTH_BRAND_COLOUR_SIZE, "#0b1210");
	return 0;
}

/* ---- The logo ---- */

static const char *type_of(const char *data, size_t bytes)
{
	static const char png[] = "\x89PNG\r\n\x1a\n";

	if (bytes > 8 && memcmp(data, png, 8) == 0)
		return "image/png";
	if (memchr(data, '\0', bytes))
		return NULL;
	/* As text it ends with a NUL, behind its bytes. */
	data += strspn(data, "\xef\xbb\xbf \t\r\n");
	if ((strncmp(data, "<svg", 4) == 0 || strncmp(data, "<?xml", 5) == 0 ||
	     strncmp(data, "<!--", 4) == 0) &&
	    strstr(data, "<svg"))
		return "image/svg+xml";
	return NULL;
}

static enum rth_err read_all(char *data, size_t size, size_t *bytesp, int fd)
{
	size_t bytes = 0;

	while (bytes < size) {
		ssize_t n = read(fd, data + bytes, size - bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return RTH_ERR_IO;
		if (n == 0)
			break;
		bytes += (size_t)n;
	}
	*bytesp = bytes;
	return 0;
}

enum rth_err rth_brand_read_logo(struct rth_brand_logo *logo, const char *path)
{
	char *data = rth_alloc(LOGO_MAX_BYTES + 2);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	enum rth_err err = 0;
	size_t bytes = 0;

	memset(logo, 0, sizeof(*logo));
	if (!data)
		err = RTH_ERR_NOMEM;
	else if (fd < 0)
		err = RTH_ERR_IO;
	else
		err = read_all(data, LOGO_MAX_BYTES + 1, &bytes, fd);
	if (fd >= 0)
		close(fd);
	if (!err && bytes > LOGO_MAX_BYTES)
		err = RTH_ERR_LIMIT;
	if (!err) {
		data[bytes] = '\0';
		logo->type = type_of(data, bytes);
		if (!logo->type)
			err = RTH_ERR_FORMAT;
	}
	if (err) {
		rth_free(data);
		return err;
	}
	logo->data = data;
	logo->bytes = bytes;
	return 0;
}

void rth_brand_free_logo(struct rth_brand_logo *logo)
{
	rth_free(logo->data);
	logo->data = NULL;
}

/* ---- What is kept ---- */

static enum rth_err keep(struct kept *kept, const char *data, size_t bytes,
			 const char *type)
{
	unsigned char digest[32];
	char hash[ETAG_SIZE];
	enum rth_err err;

	if (EVP_Digest(data, bytes, digest, NULL, EVP_sha256(), NULL) != 1)
		return RTH_ERR_CRYPTO;
	err = rth_base64url_encode(hash, sizeof(hash), digest, 16);
	if (err)
		return err;
	kept->data = data;
	kept->bytes = bytes;
	kept->type = type;
	snprintf(kept->etag, sizeof(kept->etag), "\"%.22s\"", hash);
	return 0;
}

/* The names that web/css/base.css has for them. */
static enum rth_err make_css(struct rth_brand *brand, const char *accent)
{
	struct rth_brand_colours c;
	enum rth_err err = accent ? rth_brand_colours(&c, accent) : 0;

	if (err)
		return err;
	if (accent)
		snprintf(brand->css_text, CSS_SIZE,
			 ":root{--accent:%s;--on-accent:%s;--accent-dark:%s}\n"
			 "@media(prefers-color-scheme:dark){:root{--accent:%s;"
			 "--on-accent:%s}}\n",
			 c.light, c.on_light, c.dark, c.dark, c.on_dark);
	return keep(&brand->css, brand->css_text, strlen(brand->css_text),
		    "text/css; charset=utf-8");
}

static enum rth_err make_logo(struct rth_brand *brand, const char *path)
{
	enum rth_err err;

	if (!path)
		return 0;
	err = rth_brand_read_logo(&brand->logo_file, path);
	return err ? err
		   : keep(&brand->logo, brand->logo_file.data,
			  brand->logo_file.bytes, brand->logo_file.type);
}

enum rth_err rth_brand_create(struct rth_brand **brandp,
			      const struct rth_settings *settings)
{
	struct rth_brand *brand = rth_alloc(sizeof(*brand));
	enum rth_err err;

	if (!brand)
		return RTH_ERR_NOMEM;
	err = make_css(brand, settings->clinic.accent);
	if (!err)
		err = make_logo(brand, settings->clinic.logo);
	if (err)
		rth_brand_free(brand);
	else
		*brandp = brand;
	return err;
}

void rth_brand_free(struct rth_brand *brand)
{
	if (!brand)
		return;
	rth_brand_free_logo(&brand->logo_file);
	rth_free(brand);
}

/* ---- Handlers ---- */

static void reply(struct rth_exchange *x, const struct kept *kept)
{
	const char *have =
		rth_request_field(x, RTH_FIELD_HEADER, "If-None-Match");

	rth_reply_header(x, "ETag", kept->etag);
	rth_reply_header(x, "Cache-Control", "no-cache");
	if (have && strcmp(have, kept->etag) == 0)
		rth_reply_empty(x, 304);
	else
		rth_reply_text(x, 200, kept->type, kept->data, kept->bytes);
}

void rth_brand_handle_css(struct rth_exchange *x)
{
	reply(x, &rth_request_portal(x)->brand->css);
}

void rth_brand_handle_logo(struct rth_exchange *x)
{
	const struct kept *logo = &rth_request_portal(x)->brand->logo;

	if (logo->data)
		reply(x, logo);
	else
		rth_reply_not_found(x);
}
