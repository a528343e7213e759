/* SPDX-License-Identifier: BSD-3-Clause */
/* Parses an https URL, and finds the host that it leads to. Stricter than RFC 3986 on purpose, so
 * that a person, a browser and this code see the same host. It rejects user-info, percent-encoding
 * and control characters in the authority, and any byte except visible ASCII. Used on the
 * configuration, on data from a backend, and on the link of a code. */
#ifndef IDQ_COMMON_HTTPS_URL_H
#define IDQ_COMMON_HTTPS_URL_H

#include <stdbool.h>
#include <stddef.h>

#define HTTPS_URL_MAX 2048 /* bytes, without the zero byte */

struct https_url {
    char host[256]; /* lower case; an IPv6 address without its brackets */
    unsigned port;  /* 443 if the URL has none */
};

/* Parses `url`. Returns 0, or -1 if it is not an acceptable https URL (ret_url is then unchanged).
 */
int https_url_parse(const char *url, size_t size, struct https_url *ret_url);

/* Parses the next of a list of hosts, separated by spaces or commas: "host" (port 443) or
 * "host:port" ("[v6]:port"). Moves *hosts behind it. Returns 1, 0 at the list's end, or -1 if the
 * text is not a host. ret_url is then unchanged, and the next call continues behind it. */
int https_url_next_host(const char **hosts, struct https_url *ret_url);

/* Returns true if such a list has the host and port of `url`. Names match as a whole, in any case.
 */
bool https_url_is_allowed(const struct https_url *url, const char *hosts);

/* Returns true if `other`, an https URL, has the host and port of `url`. */
bool https_url_is_at(const struct https_url *url, const char *other);

#endif
