/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One mail through libcurl.
 */
#include "smtp.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "mem.h"

#define CONNECT_TIMEOUT_MS 5000L
#define MESSAGE_MAX_BYTES 8192
#define DATE_SIZE 40

struct sending {
	const struct rth_work *work;
	const char *text;
	size_t left;
};

/* Printable ASCII, and what else is allowed; not empty. */
static bool clean(const char *s, const char *also)
{
	if (!s || !*s)
		return false;
	for (; *s; s++)
		if ((*s < 0x20 || *s > 0x7e) && !strchr(also, *s))
			return false;
	return true;
}

/* RFC 5322 3.3. Names of days and months are English whatever the locale. */
static bool date(char out[DATE_SIZE], int64_t now_s)
{
	static const char days[][4] = {"Sun", "Mon", "Tue", "Wed",
				       "Thu", "Fri", "Sat"};
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr",
					 "May", "Jun", "Jul", "Aug",
					 "Sep", "Oct", "Nov", "Dec"};
	time_t t = (time_t)now_s;
	struct tm tm;
	int n;

	if (!gmtime_r(&t, &tm))
		return false;
	n = snprintf(out, DATE_SIZE, "%s, %02d %s %d %02d:%02d:%02d +0000",
		     days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
		     tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return n > 0 && n < DATE_SIZE;
}

/* The text with CR LF at each line's end (RFC 5321 2.3.8). */
static bool append_text(char *out, size_t size, const char *text)
{
	size_t len = strlen(out);

	for (; *text; text++) {
		if (len + 3 > size)
			return false;
		if (*text == '\n')
			out[len++] = '\r';
		out[len++] = *text;
	}
	out[len] = 0;
	return true;
}

static enum rth_err write_message(char *out, const struct rth_mail *mail)
{
	const char *domain = strchr(mail->from, '@');
	char when[DATE_SIZE];
	int n;

	if (!domain || !date(when, mail->now_s))
		return RTH_ERR_FORMAT;
	n = snprintf(out, MESSAGE_MAX_BYTES,
		     "Date: %s\r\n"
		     "From: <%s>\r\n"
		     "To: <%s>\r\n"
		     "Message-ID: <%s%s>\r\n"
		     "Subject: %s\r\n"
		     "Auto-Submitted: auto-generated\r\n"
		     "MIME-Version: 1.0\r\n"
		     "Content-Type: text/plain; charset=us-ascii\r\n"
		     "\r\n",
		     when, mail->from, mail->to, mail->id, domain,
		     mail->subject);
	if (n < 0 || n >= MESSAGE_MAX_BYTES ||
	    !append_text(out, MESSAGE_MAX_BYTES, mail->text))
		return RTH_ERR_LIMIT;
	return RTH_OK;
}

enum rth_err rth_smtp_compose(char **textp, const struct rth_mail *mail)
{
	enum rth_err err;
	char *out;

	if (!clean(mail->from, "") || !clean(mail->to, "") ||
	    !clean(mail->subject, "") || !clean(mail->id, "") ||
	    !clean(mail->text, "\n"))
		return RTH_ERR_FORMAT;
	if (strpbrk(mail->from, "<> ") || strpbrk(mail->to, "<> "))
		return RTH_ERR_FORMAT;
	out = rth_alloc(MESSAGE_MAX_BYTES);
	if (!out)
		return RTH_ERR_NOMEM;
	err = write_message(out, mail);
	if (err)
		rth_free(out);
	else
		*textp = out;
	return err;
}

static size_t give(char *out, size_t size, size_t n, void *arg)
{
	struct sending *s = arg;
	size_t len = size * n < s->left ? size * n : s->left;

	memcpy(out, s->text, len);
	s->text += len;
	s->left -= len;
	return len;
}

static int progress(void *arg, curl_off_t dt, curl_off_t dn, curl_off_t ut,
		    curl_off_t un)
{
	const struct sending *s = arg;

	(void)dt, (void)dn, (void)ut, (void)un;
	return s->work && rth_work_stopping(s->work);
}

static void set_limits(CURL *c, struct sending *s)
{
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)RTH_SMTP_TIMEOUT_MS);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(c, CURLOPT_READFUNCTION, give);
	curl_easy_setopt(c, CURLOPT_READDATA, s);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, progress);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, s);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
}

static bool set_server(CURL *c, const struct rth_smtp_server *server)
{
	CURLcode e = curl_easy_setopt(c, CURLOPT_URL, server->url);

	curl_easy_setopt(c, CURLOPT_USE_SSL,
			 server->insecure ? (long)CURLUSESSL_TRY
					  : (long)CURLUSESSL_ALL);
	if (server->ca_file)
		curl_easy_setopt(c, CURLOPT_CAINFO, server->ca_file);
	if (!e && server->user)
		e = curl_easy_setopt(c, CURLOPT_USERNAME, server->user);
	if (!e && server->password)
		e = curl_easy_setopt(c, CURLOPT_PASSWORD, server->password);
	return !e;
}

static enum rth_err error_of(CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return RTH_OK;
	case CURLE_OUT_OF_MEMORY:
		return RTH_ERR_NOMEM;
	case CURLE_LOGIN_DENIED:
	case CURLE_SEND_ERROR: /* what libcurl makes of a refused recipient */
		return RTH_ERR_DENIED;
	default:
		return RTH_ERR_UNAVAILABLE;
	}
}

static enum rth_err perform(const struct rth_smtp_server *server,
			    const struct rth_mail *mail, struct sending *s)
{
	struct curl_slist *to = curl_slist_append(NULL, mail->to);
	enum rth_err err = RTH_ERR_NOMEM;
	CURL *c = curl_easy_init();

	if (!to || !c || !set_server(c, server))
		goto out;
	set_limits(c, s);
	if (curl_easy_setopt(c, CURLOPT_MAIL_FROM, mail->from) ||
	    curl_easy_setopt(c, CURLOPT_MAIL_RCPT, to))
		goto out;
	err = error_of(curl_easy_perform(c));
out:
	curl_slist_free_all(to);
	curl_easy_cleanup(c);
	return err;
}

enum rth_err rth_smtp_send(const struct rth_smtp_server *server,
			   const struct rth_mail *mail)
{
	struct sending s = {.work = server->work};
	char *text = NULL;
	enum rth_err err = rth_smtp_compose(&text, mail);

	if (err)
		return err;
	s.text = text;
	s.left = strlen(text);
	err = perform(server, mail, &s);
	memset(text, 0, strlen(text));
	rth_free(text);
	return err;
}
