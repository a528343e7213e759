/* SPDX-License-Identifier: BSD-3-Clause */
/* An https URL taken apart, as far as trust needs it: which host does it lead to?
 * Deliberately stricter than RFC 3986, so that a person, a browser and this code see the same host:
 * no user-info, no percent-encoding or control character in the authority, nothing but visible
 * ASCII. Used on the configuration, on what a backend sends, and on what a code leads to. */
#ifndef IDQ_COMMON_HTTPS_URL_H
#define IDQ_COMMON_HTTPS_URL_H

#include <stddef.h>

#define HTTPS_URL_MAX 2048 /* bytes, without the closing zero */

struct https_url {
    char host[256]; /* lower case; an IPv6 address without its brackets */
    unsigned port;  /* 443 when the URL names none */
};

/* Takes `url` apart. 0, or -1 when it is not an acceptable https URL (ret_url is then untouched).
 */
int https_url_parse(const char *url, size_t size, struct https_url *ret_url);

/* The next of a list of hosts, separated by spaces or commas: "host" (port 443) or "host:port"
 * ("[v6]:port"), of which *hosts is left behind it. 1; 0 at the list's end; -1 when what stands
 * there is no host (ret_url is then untouched, and the next call goes on behind it). */
int https_url_next_host(const char **hosts, struct https_url *ret_url);

/* 1 when such a list has the host and port of `url`. Names match whole and without regard to case.
 */
int https_url_is_allowed(const struct https_url *url, const char *hosts);

/* 1 when `other`, an https URL, has the host and port of `url`. */
int https_url_is_at(const struct https_url *url, const char *other);

#endif
