/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The clinic's accent can be read whatever it is; its logo is a picture.
 */
#include "portal_support.h"

#include "brand.h"
#include "settings_clinic.h"

#define LIGHT "#ecf1ee" /* what it stands on: web/css/base.css */
#define DARK "#35463f"

static char path[64];

static void write_logo(const char *data, size_t bytes)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, bytes, file), bytes);
	fclose(file);
}

static int make_path(void **state)
{
	int fd;

	(void)state;
	strcpy(path, "/tmp/rth-logo-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	return 0;
}

static int remove_path(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static void contrasts_are_those_of_wcag(void **state)
{
	(void)state;
	assert_float_equal(rth_brand_contrast("#000000", "#ffffff"), 21, 0.001);
	assert_float_equal(rth_brand_contrast("#ffffff", "#000000"), 21, 0.001);
	assert_float_equal(rth_brand_contrast("#777777", "#ffffff"), 4.478,
			   0.001);
	assert_float_equal(rth_brand_contrast("#0e6b5e", "#0E6B5E"), 1, 0.001);
}

static void every_accent_can_be_read(void **state)
{
	static const unsigned step = 0x33;
	struct rth_brand_colours c;
	unsigned r, g, b;
	char accent[16];

	(void)state;
	for (r = 0; r < 256; r += step)
		for (g = 0; g < 256; g += step)
			for (b = 0; b < 256; b += step) {
				snprintf(accent, sizeof(accent),
					 "#%02x%02x%02x", r, g, b);
				assert_int_equal(rth_brand_colours(&c, accent),
						 0);
				assert_true(rth_brand_contrast(c.light,
							       LIGHT) >= 4.5);
				assert_true(rth_brand_contrast(c.light,
							       c.on_light) >=
					    4.5);
				assert_true(rth_brand_contrast(c.dark, DARK) >=
					    4.5);
				assert_true(rth_brand_contrast(
						    c.dark, c.on_dark) >= 4.5);
			}
}

static void one_that_can_be_read_stays(void **state)
{
	struct rth_brand_colours c;

	(void)state;
	assert_int_equal(rth_brand_colours(&c, "#0e6b5e"), 0);
	assert_string_equal(c.light, "#0e6b5e");
	assert_string_not_equal(c.dark, "#0e6b5e");
	assert_int_equal(rth_brand_colours(&c, "#d0fff4"), 0);
	assert_string_equal(c.dark, "#d0fff4");
}

static void what_is_no_colour_or_number_is_refused(void **state)
{
	static const char *const colours[] = {
		"", "red", "#fff", "#0e6b5", "#0e6b5ex", "0e6b5e0", "#0g6b5e"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
		assert_non_null(rth_settings_wrong_accent(colours[i]));
	assert_null(rth_settings_wrong_accent("#ABCDEF"));
	assert_null(rth_settings_wrong_number("112"));
	assert_null(rth_settings_wrong_number("+1 (555) 010-0100"));
	assert_non_null(rth_settings_wrong_number("call us"));
	assert_non_null(rth_settings_wrong_number("112;ext=1"));
	assert_non_null(rth_settings_wrong_number("( )"));
}

static enum rth_err read_logo(const char *data, size_t bytes, const char *type)
{
	struct rth_brand_logo logo;
	enum rth_err err;

	write_logo(data, bytes);
	err = rth_brand_read_logo(&logo, path);
	if (!err) {
		assert_string_equal(logo.type, type);
		assert_int_equal(logo.bytes, bytes);
		assert_memory_equal(logo.data, data, bytes);
		rth_brand_free_logo(&logo);
	}
	return err;
}

static void a_logo_is_svg_or_png(void **state)
{
	static const char png[] = "\x89PNG\r\n\x1a\n\0\0";
	static const char svg[] = "<?xml version='1.0'?>\n<svg/>";
	static char large[262145];

	(void)state;
	assert_int_equal(read_logo(png, sizeof(png), "image/png"), 0);
	assert_int_equal(read_logo(svg, strlen(svg), "image/svg+xml"), 0);
	assert_int_equal(read_logo("<svg/>", 6, "image/svg+xml"), 0);
	assert_int_equal(read_logo("", 0, NULL), RTH_ERR_FORMAT);
	assert_int_equal(read_logo("GIF89a", 6, NULL), RTH_ERR_FORMAT);
	assert_int_equal(read_logo("<?xml?><html/>", 14, NULL), RTH_ERR_FORMAT);
	assert_int_equal(read_logo("<svg\0/>", 7, NULL), RTH_ERR_FORMAT);
	memcpy(large, "<svg/>", 6);
	memset(large + 6, ' ', sizeof(large) - 6);
	assert_int_equal(read_logo(large, sizeof(large), NULL), RTH_ERR_LIMIT);
	assert_int_equal(read_logo(large, sizeof(large) - 1, "image/svg+xml"),
			 0);
	assert_non_null(rth_settings_wrong_logo("/nonexistent/logo.svg"));
	assert_null(rth_settings_wrong_logo(path));
}

static struct rth_exchange *ask(struct rth_portal *portal, const char *path_of,
				const char *have)
{
	struct rth_exchange *x;

	assert_int_equal(rth_exchange_create(&x, portal, RTH_GET, path_of), 0);
	if (have)
		assert_int_equal(rth_exchange_add(x, RTH_FIELD_HEADER,
						  "If-None-Match", have),
				 0);
	return x;
}

static void both_are_served_as_they_are(void **state)
{
	static char accent[] = "#0e6b5e";
	struct rth_portal portal = {.now_s = bench_clock};
	struct rth_exchange *x;
	char etag[64];

	(void)state;
	portal.settings.clinic.accent = accent;
	assert_int_equal(rth_brand_create(&portal.brand, &portal.settings), 0);
	x = ask(&portal, "/brand.css", NULL);
	rth_brand_handle_css(x);
	assert_int_equal(rth_exchange_reply(x)->status, 200);
	assert_non_null(
		strstr(rth_exchange_reply(x)->body, "--accent:#0e6b5e;"));
	snprintf(etag, sizeof(etag), "%s", bench_header(x, "ETag"));
	rth_exchange_free(x);
	x = ask(&portal, "/brand.css", etag);
	rth_brand_handle_css(x);
	assert_int_equal(rth_exchange_reply(x)->status, 304);
	rth_exchange_free(x);
	x = ask(&portal, "/brand/logo", NULL);
	rth_brand_handle_logo(x);
	assert_int_equal(rth_exchange_reply(x)->status, 404);
	rth_exchange_free(x);
	rth_brand_free(portal.brand);

	write_logo("<svg/>", 6);
	portal.settings.clinic.accent = NULL;
	portal.settings.clinic.logo = path;
	assert_int_equal(rth_brand_create(&portal.brand, &portal.settings), 0);
	x = ask(&portal, "/brand/logo", NULL);
	rth_brand_handle_logo(x);
	assert_string_equal(rth_exchange_reply(x)->type, "image/svg+xml");
	assert_int_equal(rth_exchange_reply(x)->body_bytes, 6);
	rth_exchange_free(x);
	x = ask(&portal, "/brand.css", NULL);
	rth_brand_handle_css(x);
	assert_int_equal(rth_exchange_reply(x)->status, 200);
	assert_int_equal(rth_exchange_reply(x)->body_bytes, 0);
	rth_exchange_free(x);
	rth_brand_free(portal.brand);
}

static void without_memory_there_is_none(void **state)
{
	struct rth_settings settings = {.clinic = {.logo = path}};
	struct rth_brand *brand = NULL;
	enum rth_err err = RTH_ERR_NOMEM;
	unsigned n;

	(void)state;
	write_logo("<svg/>", 6);
	for (n = 1; err; n++) {
		rth_mem_fail_at(n);
		err = rth_brand_create(&brand, &settings);
		rth_mem_fail_at(0);
		assert_true(!err || err == RTH_ERR_NOMEM);
	}
	assert_true(n > 2);
	rth_brand_free(brand);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contrasts_are_those_of_wcag),
		cmocka_unit_test(every_accent_can_be_read),
		cmocka_unit_test(one_that_can_be_read_stays),
		cmocka_unit_test(what_is_no_colour_or_number_is_refused),
		cmocka_unit_test(a_logo_is_svg_or_png),
		cmocka_unit_test(both_are_served_as_they_are),
		cmocka_unit_test(without_memory_there_is_none),
	};

	return cmocka_run_group_tests(tests, make_path, remove_path);
}
