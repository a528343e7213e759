/* SPDX-License-Identifier: BSD-3-Clause */
/* See relay_caller.h. */
#include "tests/harness/relay_caller.h"

#include "pam_idinqr/common/text.h"
#include "pam_idinqr/identity/identity.h"
#include "tests/harness/http_client.h"
#include "tests/harness/relay_login.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

/* The value in a text, up to its end of line. */
static char *
find_value(char *text, const char *keyword)
{
    const char *section = keyword[0] == '[' ? strchr(keyword, ' ') : NULL;
    char *line = text;

    if (section) {
        line = strstr(text, scratch_text("\n%.*s\n", (int)(section - keyword), keyword));
        ck_assert_ptr_nonnull(line);
        keyword = section + 1;
    }
    line = strstr(line, scratch_text("\n%s = ", keyword));
    ck_assert_msg(line != NULL, "no %s in: %s", keyword, text);
    return strchr(line, '=') + 2;
}

char *
relay_caller_setting(const char *keyword)
{
    char *value = find_value(scratch_read(relay_server_conf(relay_here)), keyword);

    return scratch_text("%.*s", (int)strcspn(value, "\n"), value);
}

void
relay_caller_set(const char *keyword, const char *value)
{
    char *text = scratch_read(relay_server_conf(relay_here)), *old = find_value(text, keyword);
    /* In its place: the file keeps its owner. */
    FILE *conf = fopen(relay_server_conf(relay_here), "we");

    ck_assert(conf && fprintf(conf, "%.*s%s%s", (int)(old - text), text, value,
                              old + strcspn(old, "\n")) > 0);
    ck_assert_int_eq(fclose(conf), 0);
}

void
relay_caller_hash(const char *body, char ret_hash[RELAY_CALLER_HASH_SIZE])
{
    const char *hex = relay_caller_setting("signing_key");
    unsigned char key[32], mac[HMAC_SHA256_SIZE];

    ck_assert_uint_eq(strlen(hex), 2 * sizeof key);
    ck_assert_int_eq(characters_read_hex(hex, key, sizeof key), 0);
    hmac_sha256(key, sizeof key, body, strlen(body), mac);
    characters_write_hex(mac, sizeof mac, ret_hash);
}

char *
relay_caller_post(struct http_client *client, const char *path, const char *body, const char *hash,
                  const char *second)
{
    struct http_client *own =
        client ? NULL : http_client_new(relay_server_ca_file(relay_here), NULL);
    HTTP_ANSWER_AUTO answer = {0};
    char *text;

    client = client ? client : own;
    http_client_set_hashes(client, hash, second);
    text =
        http_request(client, "POST", scratch_text("%s%s", relay_caller_setting("public_url"), path),
                     "application/json, charset=UTF-8", body, &answer)
            ? scratch_text("%ld %s", answer.status, answer.body)
            : scratch_text("no answer");
    http_client_free(&own);
    return text;
}

char *
relay_caller_call(const char *path, const char *body)
{
    char hash[RELAY_CALLER_HASH_SIZE];

    relay_caller_hash(body, hash);
    return relay_caller_post(NULL, path, body, hash, NULL);
}
