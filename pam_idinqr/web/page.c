/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox and the relay run this for each page. */
#include "pam_idinqr/web/page.h"

#include "pam_idinqr/common/error.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *code, *name;
} languages[PAGE_LANGUAGES] = {
    [PAGE_ENGLISH] = {"en", "English"},
    [PAGE_DUTCH] = {"nl", "Nederlands"},
};

const char *
language_code(enum page_language language)
{
    return languages[language].code;
}

const char *
language_name(enum page_language language)
{
    return languages[language].name;
}

int
language_find(const char *code, enum page_language *ret_language)
{
    for (size_t i = 0; i < PAGE_LANGUAGES; i++)
        if (strcmp(languages[i].code, code) == 0) {
            *ret_language = (enum page_language)i;
            return 0;
        }
    return -1;
}

/* The weight of one range of the header in thousandths, "nl;q=0.8" being 800. */
static int
read_weight(const char *range, size_t size)
{
    const char *semicolon = memchr(range, ';', size);
    const char *p = semicolon ? semicolon + 1 : NULL, *end = range + size;
    int weight = 0;

    while (p && p < end && (*p == ' ' || *p == '\t'))
        p++;
    if (!p || end - p < 3 || strncasecmp(p, "q=", 2) != 0)
        return 1000;
    p += 2;
    if (*p == '1')
        return 1000;
    if (*p++ == '0' && p < end && *p++ == '.')
        for (int unit = 100; unit > 0 && p < end && *p >= '0' && *p <= '9'; unit /= 10)
            weight += unit * (*p++ - '0');
    return weight;
}

enum page_language
language_from_header(const char *accept_language)
{
    enum page_language best = PAGE_ENGLISH;
    int best_weight = 0;

    for (const char *range = accept_language; *range;) {
        range += strspn(range, ", \t");
        size_t size = strcspn(range, ","), tag_size = strcspn(range, ",; \t-");
        int weight = read_weight(range, size);

        for (size_t i = 0; i < PAGE_LANGUAGES; i++)
            if (tag_size == 2 && strncasecmp(range, languages[i].code, 2) == 0 &&
                weight > best_weight) {
                best = (enum page_language)i;
                best_weight = weight;
            }
        range += size;
    }
    return best;
}

/* One color for what can be tapped, one for warnings; every text at 4.5:1 or better against its
 * ground, every target 48 px high, the focus always visible. The colors of a dark phone stand in
 * their own block. */
static const char style[] =
    ":root{color-scheme:light dark;--ground:#eef2f4;--card:#fff;--text:#16262d;--soft:#465a63;"
    "--line:#d5dee2;--edge:#71848d;--act:#0b5f70;--on-act:#fff;--press:#084a57;--hover:#f3f8f9;"
    "--chosen:#e8f3f5;--warn:#fff8e1;--warn-edge:#b98900;--bad:#fdecea;--bad-edge:#b3261e;"
    "--bad-text:#7a1410;--good:#1f7a3f}"
    "@media(prefers-color-scheme:dark){:root{--ground:#0e171b;--card:#18242a;--text:#e8eff1;"
    "--soft:#b3c2c8;--line:#33444c;--edge:#7f939c;--act:#7fd3e3;--on-act:#06262d;--press:#a5e2ee;"
    "--hover:#21313a;--chosen:#1c3a42;--warn:#332a0c;--warn-edge:#e0b43a;--bad:#3d1815;"
    "--bad-edge:#f2b8b5;--bad-text:#ffdad6;--good:#1f7a3f}}"
    "*{box-sizing:border-box}"
    "html{-webkit-text-size-adjust:100%}"
    "body{margin:0;background:var(--ground);color:var(--text);"
    "font:1.0625rem/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif}"
    ".banner{background:#ffd54a;color:#3a2c00;padding:.25rem max(1rem,50% - 14rem);display:flex;"
    "align-items:center;justify-content:space-between;gap:.75rem;font-size:.9375rem;"
    "line-height:1.35}"
    ".banner p{margin:0}"
    ".banner a{display:inline-flex;align-items:center;min-height:3rem;color:inherit;"
    "font-weight:600}"
    "main{width:100%;max-width:30rem;margin:0 auto;padding:.75rem 1rem}"
    ".card{background:var(--card);border:1px solid var(--line);border-radius:1rem;padding:1rem;"
    "box-shadow:0 1px 3px rgba(22,38,45,.08)}"
    ".where{margin:0 0 .75rem;padding-bottom:.625rem;border-bottom:1px solid var(--line);"
    "color:var(--soft);font-size:.9375rem}"
    ".where b{display:block;color:var(--text);font-size:1.125rem;overflow-wrap:anywhere}"
    ".step{margin:0;color:var(--act);font-size:.875rem;font-weight:600}"
    "h1{margin:.125rem 0 .5rem;font-size:1.5rem;line-height:1.25}"
    "p{margin:0 0 1rem}"
    ".lead{color:var(--soft)}"
    "fieldset{margin:0 0 1rem;padding:0;border:0;min-width:0}"
    "legend{padding:0;margin-bottom:.5rem;font-weight:600;font-size:.9375rem}"
    ".choice{display:flex;align-items:center;gap:.75rem;min-height:3rem;padding:.5rem .875rem;"
    "margin-bottom:.5rem;border:1px solid var(--edge);border-radius:.75rem;cursor:pointer}"
    ".choice:hover{background:var(--hover)}"
    ".choice:focus-within{outline:3px solid var(--act);outline-offset:2px}"
    ".choice:has(:checked){border-color:var(--act);background:var(--chosen);box-shadow:inset 0 0 0 "
    "1px var(--act)}"
    "input[type=radio]{flex:none;width:1.375rem;height:1.375rem;margin:0;accent-color:var(--act)}"
    ".field{display:block;margin:0 0 1.25rem;font-size:.9375rem;font-weight:600}"
    ".field input{display:block;width:100%;min-height:3.25rem;margin-top:.5rem;padding:.5rem "
    ".875rem;border:1px solid var(--edge);border-radius:.75rem;background:var(--card);"
    "color:var(--text);font:inherit;font-size:1.5rem;font-weight:400;"
    "letter-spacing:.08em;text-align:center;text-transform:uppercase}"
    ".field input:focus{outline:3px solid var(--act);outline-offset:2px}"
    "button,.button{display:block;width:100%;min-height:3rem;padding:.625rem 1rem;margin:0 0 "
    ".75rem;"
    "border:2px solid var(--act);border-radius:.75rem;background:var(--act);color:var(--on-act);"
    "font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer}"
    "button:hover,.button:hover{background:var(--press)}"
    "button.second{margin-bottom:0;background:var(--card);color:var(--act)}"
    "button.second:hover{background:var(--hover)}"
    "a:focus-visible,button:focus-visible{outline:3px solid var(--text);outline-offset:2px}"
    "dl{margin:0 0 1.25rem;border:1px solid var(--line);border-radius:.75rem}"
    "dl div{padding:.625rem .875rem}"
    "dl div+div{border-top:1px solid var(--line)}"
    "dt{color:var(--soft);font-size:.875rem}"
    "dd{margin:0;font-weight:600;overflow-wrap:anywhere}"
    "dd small{display:block;font-size:.9375rem;font-weight:400}"
    ".note{padding:.75rem .875rem;border-left:4px solid var(--warn-edge);border-radius:.375rem;"
    "background:var(--warn);font-size:.9375rem}"
    ".error{padding:.75rem .875rem;border-left:4px solid var(--bad-edge);border-radius:.375rem;"
    "background:var(--bad);color:var(--bad-text);font-weight:600}"
    ".number{margin:1rem 0;font-size:2.75rem;font-weight:700;letter-spacing:.06em;line-height:1.2;"
    "text-align:center;font-variant-numeric:tabular-nums}"
    ".mark{display:flex;align-items:center;justify-content:center;width:4rem;height:4rem;"
    "margin:.25rem auto 1rem;border-radius:50%;background:var(--line);color:var(--soft);"
    "font-size:2rem;font-weight:700;line-height:1}"
    ".mark.good{background:var(--good);color:#fff}"
    ".mark.bad{background:#b3261e;color:#fff}"
    ".end{text-align:center}"
    ".end p:last-child{margin-bottom:0}";

int
page_style_hash(char ret_hash[PAGE_STYLE_HASH_SIZE])
{
    unsigned char hash[SHA256_DIGEST_LENGTH], base64[4 * (SHA256_DIGEST_LENGTH + 2) / 3 + 1];

    SHA256((const unsigned char *)style, sizeof style - 1, hash);
    if (EVP_EncodeBlock(base64, hash, sizeof hash) <= 0)
        return IDQ_SYSTEM;
    snprintf(ret_hash, PAGE_STYLE_HASH_SIZE, "'sha256-%s'", (char *)base64);
    return 0;
}

void
page_open(struct html *page, enum page_language language, const char *title, const char *site,
          const char *remark, const char *query)
{
    html_add(page, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n",
             language_code(language));
    html_raw(page, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                   "<meta name=\"robots\" content=\"noindex\">\n");
    html_add(page, "<title>%s · %s</title>\n<style>", title, site);
    html_raw(page, style);
    html_raw(page, "</style>\n</head>\n<body>\n");
    html_add(page, "<header class=\"banner\">\n<p><strong>%s</strong>", site);
    if (remark)
        html_add(page, " – %s", remark);
    html_raw(page, "</p>\n<nav>");
    for (int i = 0; i < PAGE_LANGUAGES; i++) {
        enum page_language other = (enum page_language)i;

        if (other != language)
            html_add(page, "<a href=\"?%slang=%s\" lang=\"%s\" hreflang=\"%s\">%s</a>", query,
                     language_code(other), language_code(other), language_code(other),
                     language_name(other));
    }
    html_raw(page, "</nav>\n</header>\n<main>\n<div class=\"card\">\n");
}

void
page_end(struct html *page)
{
    html_raw(page, "</div>\n</main>\n</body>\n</html>\n");
}

static int
add_headers(struct http_reply *reply, const char *style_hash)
{
    char policy[256];

    snprintf(policy, sizeof policy,
             "default-src 'none'; style-src %s; form-action 'self'; base-uri 'none'; "
             "frame-ancestors 'none'",
             style_hash);
    if (http_reply_header(reply, "Content-Security-Policy", policy) < 0 ||
        http_reply_header(reply, "X-Frame-Options", "DENY") < 0 ||
        http_reply_header(reply, "X-Content-Type-Options", "nosniff") < 0 ||
        http_reply_header(reply, "Referrer-Policy", "no-referrer") < 0 ||
        http_reply_header(reply, "Cache-Control", "no-store") < 0 ||
        http_reply_header(reply, "Vary", "Accept-Language") < 0)
        return IDQ_SYSTEM;
    return 0;
}

int
page_reply(struct http_reply *reply, unsigned status, const char *style_hash,
           const struct html *page)
{
    if (page->failed || add_headers(reply, style_hash) < 0)
        return IDQ_SYSTEM;
    return http_reply_copy(reply, status, "text/html; charset=utf-8", page->text, page->size);
}

int
page_redirect(struct http_reply *reply, const char *style_hash, const char *path)
{
    if (add_headers(reply, style_hash) < 0 || http_reply_header(reply, "Location", path) < 0)
        return IDQ_SYSTEM;
    /* 303: whatever brought the browser here, it goes on with a GET, so a reload repeats nothing.
     */
    return http_reply_copy(reply, 303, "text/html; charset=utf-8", "", 0);
}
