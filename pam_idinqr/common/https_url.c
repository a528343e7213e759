/* SPDX-License-Identifier: BSD-3-Clause */
/* Every process runs this, on untrusted text. */
#include "pam_idinqr/common/https_url.h"

#include "pam_idinqr/common/text.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
is_host_character(char c, int in_brackets)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == (in_brackets ? ':' : '-');
}

/* "host", "host:port", "[v6]" or "[v6]:port". */
static int
parse_authority(const char *text, size_t size, struct https_url *ret_url)
{
    struct https_url url = {.port = 443};
    struct in6_addr address;
    int in_brackets = size > 0 && text[0] == '[';
    size_t i = in_brackets ? 1 : 0, length = 0;

    for (; i < size && is_host_character(text[i], in_brackets); i++) {
        if (length + 1 >= sizeof url.host)
            return -1;
        char c = text[i];
        url.host[length++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    if (length == 0 || url.host[0] == '.' || url.host[0] == '-')
        return -1;
    /* Otherwise "[name]" would be the host "name" here, and invalid in a browser. */
    if (in_brackets &&
        (i >= size || text[i++] != ']' || inet_pton(AF_INET6, url.host, &address) != 1))
        return -1;
    if (i < size) {
        if (text[i++] != ':' || i == size)
            return -1;
        url.port = 0;
        for (; i < size; i++) {
            if (!is_digit(text[i]))
                return -1;
            url.port = url.port * 10 + (unsigned)(text[i] - '0');
            if (url.port > 65535)
                return -1;
        }
        if (url.port == 0)
            return -1;
    }
    *ret_url = url;
    return 0;
}

int
https_url_parse(const char *url, size_t size, struct https_url *ret_url)
{
    static const char scheme[] = "https://";
    const size_t scheme_size = sizeof scheme - 1;
    size_t end;

    if (size > HTTPS_URL_MAX || size <= scheme_size || strncasecmp(url, scheme, scheme_size) != 0)
        return -1;
    if (!characters_are_visible_ascii(url, size))
        return -1;
    /* A browser treats a backslash as a slash: the host would end there in the browser, and not
     * here. */
    if (memchr(url, '\\', size))
        return -1;
    for (end = scheme_size; end < size && !strchr("/?#", url[end]); end++)
        continue;
    return parse_authority(url + scheme_size, end - scheme_size, ret_url);
}

int
https_url_next_host(const char **hosts, struct https_url *ret_url)
{
    const char *host = *hosts + strspn(*hosts, " ,\t");
    size_t size = strcspn(host, " ,\t");

    *hosts = host + size;
    if (size == 0)
        return 0;
    return parse_authority(host, size, ret_url) == 0 ? 1 : -1;
}

bool
https_url_is_allowed(const struct https_url *url, const char *hosts)
{
    struct https_url allowed;
    int found;

    while ((found = https_url_next_host(&hosts, &allowed)) != 0)
        if (found > 0 && allowed.port == url->port && strcmp(allowed.host, url->host) == 0)
            return true;
    return false;
}

bool
https_url_is_at(const struct https_url *url, const char *other)
{
    struct https_url parsed;

    return https_url_parse(other, strlen(other), &parsed) == 0 && parsed.port == url->port &&
           strcmp(parsed.host, url->host) == 0;
}
