/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr.map: any bytes as the file. What is accepted opens accounts, so each line of it must be
 * one that the manual allows. The same bytes as the file of refused identities. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/identity/map.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

static void
check_texts(const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        MUST(characters_are_clean(texts[i], strlen(texts[i])));
        MUST(!strchr(texts[i], '"'));
    }
}

/* None of the map's own fields is in it. */
static void
check_refused(const struct map_line *line)
{
    const char *const texts[] = {line->refused, line->service, line->provider, line->scope,
                                 line->session, line->uid,     line->loginuid, line->issuer};

    MUST(map_is_account(line->account) || strcmp(line->account, MAP_NO_ACCOUNT) == 0);
    MUST(subject_is_hash(line->hash, strlen(line->hash)));
    check_texts(texts, ARRAY_LENGTH(texts));
    MUST(line->refused[0] == '\0' || strlen(line->refused) == 20);
    MUST(!*line->enrolled && !*line->by && !*line->expires && !*line->note);
}

#define PAIRS_MOST 64 /* lines of which each is compared with each */

static void
check_line(const struct map *map, const struct map_line *line, unsigned number_before)
{
    const char *const texts[] = {line->enrolled, line->by, line->issuer, line->expires, line->note};

    MUST(line->number > number_before);
    MUST(map_is_account(line->account));
    MUST(subject_is_hash(line->hash, strlen(line->hash)));
    check_texts(texts, ARRAY_LENGTH(texts));
    MUST(!*line->refused && !*line->service && !*line->provider && !*line->scope);
    MUST(!*line->session && !*line->uid && !*line->loginuid);
    MUST(line->expires[0] == '\0' || strlen(line->expires) == 10);
    /* On the first of all days every line counts; on the last, those without an end. */
    MUST(map_line_is_current(line, "0000-00-00"));
    MUST(map_check(map, line->account, line->hash, "0000-00-00") == 0);
    MUST(map_has_account(map, line->account, "0000-00-00"));
    MUST(map_accounts_of(map, line->hash, "0000-00-00", NULL, 0) >= 1);
    MUST(map_line_is_current(line, "9999-12-32") == (line->expires[0] == '\0'));
    MUST(map_check(map, "-", line->hash, "0000-00-00") == IDQ_WRONG_PERSON);
    MUST(map_check(map, line->account, "idin1:", "0000-00-00") == IDQ_UNKNOWN_IDENTITY);
}

static void
check_pairs(const struct map *map)
{
    size_t n = map_count(map) < PAIRS_MOST ? map_count(map) : PAIRS_MOST;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            MUST(strcmp(map_at(map, i)->account, map_at(map, j)->account) != 0 ||
                 strcmp(map_at(map, i)->hash, map_at(map, j)->hash) != 0);
}

/* NULL for a file that is refused. */
static struct map *
parse(enum map_kind kind, const char *text, size_t size)
{
    struct map *map = NULL;
    struct diag diag = {.text = ""};
    int result = map_parse_kind(kind, text, size, "map", &map, &diag);

    if (result == 0)
        return map;
    MUST(result == IDQ_MAP && !map && diag.error == 0);
    MUST(strcmp(diag.file, "map") == 0);
    for (const char *p = diag.text; *p; p++)
        MUST(*p >= 0x20 && *p <= 0x7E);
    return NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = target_copy(data, size);
    MAP_AUTO *map = parse(MAP_OF_ENROLLED, text, size);
    MAP_AUTO *refused = parse(MAP_OF_REFUSED, text, size);

    free(text);
    for (size_t i = 0; refused && i < map_count(refused); i++)
        check_refused(map_at(refused, i));
    if (!map)
        return 0;
    for (size_t i = 0; i < map_count(map); i++)
        check_line(map, map_at(map, i), i > 0 ? map_at(map, i - 1)->number : 0);
    check_pairs(map);
    return 0;
}
