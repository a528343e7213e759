/* SPDX-License-Identifier: BSD-3-Clause */
/* The module runs this, often as root, in each login. */
#include "pam_idinqr/identity/map.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/identity/identity.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct map {
    enum map_kind kind;
    char *text; /* the file; the lines point into it */
    struct map_line *lines;
    size_t n_lines, capacity;
    char fingerprint[IDENTITY_FINGERPRINT_SIZE];
    const char *origins[MAP_ORIGINS_MAX];
    size_t n_origins;
};

/* Refuses a line or, with `number` 0, the whole map. Returns IDQ_MAP. */
static int __attribute__((format(printf, 4, 5)))
refuse_line(struct diag *diag, const char *name, unsigned number, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    diag_vset(diag, name, number, 0, format, arguments);
    va_end(arguments);
    return IDQ_MAP;
}

static int
refuse_memory(struct diag *diag, const char *name)
{
    diag_set_error(diag, name, ENOMEM);
    return IDQ_MAP;
}

/* For the reader and the writer. */
static const struct field {
    const char *keyword;
    size_t offset; /* in struct map_line */
    unsigned kinds;
} fields[] = {
    {"enrolled", offsetof(struct map_line, enrolled), MAP_OF_ENROLLED},
    {"by", offsetof(struct map_line, by), MAP_OF_ENROLLED},
    {"refused", offsetof(struct map_line, refused), MAP_OF_REFUSED},
    {"service", offsetof(struct map_line, service), MAP_OF_REFUSED},
    {"provider", offsetof(struct map_line, provider), MAP_OF_REFUSED},
    {"scope", offsetof(struct map_line, scope), MAP_OF_REFUSED},
    {"session", offsetof(struct map_line, session), MAP_OF_REFUSED},
    {"uid", offsetof(struct map_line, uid), MAP_OF_REFUSED},
    {"loginuid", offsetof(struct map_line, loginuid), MAP_OF_REFUSED},
    {"issuer", offsetof(struct map_line, issuer), MAP_OF_ENROLLED | MAP_OF_REFUSED},
    {"expires", offsetof(struct map_line, expires), MAP_OF_ENROLLED},
    {"note", offsetof(struct map_line, note), MAP_OF_ENROLLED},
};

#define N_FIELDS ARRAY_LENGTH(fields)

static const char **
place_of(struct map_line *line, const struct field *field)
{
    return (const char **)((char *)line + field->offset);
}

static const char *
value_of(const struct map_line *line, const struct field *field)
{
    return *(const char *const *)((const char *)line + field->offset);
}

bool
map_is_account(const char *text)
{
    size_t size = strlen(text);

    return size > 0 && size < MAP_ACCOUNT_SIZE && text[0] != '#' && text[0] != '-' &&
           characters_are_clean(text, size) && !strpbrk(text, " :/\"");
}

/* Cuts the next field out of the line: up to a blank, or, behind keyword=", up to the closing
 * quote. Returns NULL at the end of the line. An unclosed quote makes the rest of the line the
 * field, which every rule rejects. */
static char *
next_field(char **rest)
{
    char *field = *rest + strspn(*rest, " "), *end;

    if (*field == '\0')
        return NULL;
    end = field + strcspn(field, " \"");
    if (*end == '"' && end > field && end[-1] == '=') {
        char *close = strchr(end + 1, '"');
        if (close && (close[1] == '\0' || close[1] == ' ')) {
            memmove(end, end + 1, (size_t)(close - end - 1));
            close[-1] = '\0';
            *rest = close + 1;
            return field;
        }
        end = field + strlen(field);
    } else if (*end == '"') {
        end = field + strlen(field);
    }
    *rest = *end ? end + 1 : end;
    *end = '\0';
    return field;
}

/* Returns NULL, or what is wrong with the field. Cuts the text behind the keyword. */
static const char *
parse_field(enum map_kind kind, struct map_line *line, char *text)
{
    char *equals = strchr(text, '=');
    const char **place;

    if (!equals)
        return "has no value";
    *equals = '\0';
    for (size_t i = 0; i < N_FIELDS; i++) {
        if (!(fields[i].kinds & kind) || strcmp(text, fields[i].keyword) != 0)
            continue;
        if (equals[1] == '\0' || strchr(equals + 1, '"'))
            return "has no value, or one with a quotation mark in it";
        place = place_of(line, &fields[i]);
        if (**place != '\0')
            return "is given twice";
        *place = equals + 1;
        if (place == &line->expires && !characters_are_day(*place))
            return "must be a day, as 2030-12-31";
        if (place == &line->refused && !characters_have_form(*place, "0000-00-00T00:00:00Z"))
            return "must be a time, as 2030-12-31T23:59:59Z";
        return NULL;
    }
    return "is not known";
}

static int
add_line(struct map *map, const struct map_line *line)
{
    if (map->n_lines == map->capacity) {
        size_t capacity = map->capacity ? 2 * map->capacity : 16;
        struct map_line *lines = reallocarray(map->lines, capacity, sizeof *lines);
        if (!lines)
            return -1;
        map->lines = lines;
        map->capacity = capacity;
    }
    map->lines[map->n_lines++] = *line;
    return 0;
}

/* Handles the rest of a comment. */
static int
parse_comment(struct map *map, char *rest, unsigned number, const char *name, struct diag *diag)
{
    const char *word = next_field(&rest), *value;

    if (word && strcmp(word, MAP_ORIGIN) == 0) {
        if (map->n_origins < MAP_ORIGINS_MAX)
            map->origins[map->n_origins++] = rest;
        return 0;
    }
    value = next_field(&rest);
    if (!word || !value || strcmp(word, MAP_FINGERPRINT) != 0 ||
        strlen(value) != sizeof map->fingerprint - 1)
        return 0;
    if (map->fingerprint[0] != '\0' && strcmp(map->fingerprint, value) != 0)
        return refuse_line(diag, name, number, "the fingerprint of another key than above");
    memcpy(map->fingerprint, value, sizeof map->fingerprint);
    return 0;
}

static int
parse_line(struct map *map, char *text, unsigned number, const char *name, struct diag *diag)
{
    struct map_line line = {.number = number};
    const char *mistake;
    char *field;

    for (size_t i = 0; i < N_FIELDS; i++)
        *place_of(&line, &fields[i]) = "";
    for (char *p = text; *p; p++)
        if (*p == '\t')
            *p = ' ';
    mistake = characters_find_mistake(text, strlen(text));
    if (mistake)
        return refuse_line(diag, name, number, "%s", mistake);
    line.account = next_field(&text);
    if (line.account && line.account[0] == '#')
        return parse_comment(map, text, number, name, diag);
    if (!line.account)
        return 0;
    if (!map_is_account(line.account) &&
        (map->kind != MAP_OF_REFUSED || strcmp(line.account, MAP_NO_ACCOUNT) != 0))
        return refuse_line(diag, name, number, "this is not the name of an account");
    line.hash = next_field(&text);
    if (!line.hash || !subject_is_hash(line.hash, strlen(line.hash)))
        return refuse_line(diag, name, number,
                           "an identity, " IDENTITY_PREFIX " and %d characters, must follow the "
                           "account: restore the line, or remove it and enroll again",
                           (int)(IDENTITY_HASH_SIZE - sizeof IDENTITY_PREFIX));
    while ((field = next_field(&text))) {
        mistake = parse_field(map->kind, &line, field);
        if (mistake)
            return refuse_line(diag, name, number, "field %.40s %s", field, mistake);
    }
    if (add_line(map, &line) != 0)
        return refuse_memory(diag, name);
    return 0;
}

static int
by_content(const void *a, const void *b)
{
    const struct map_line *left = *(const struct map_line *const *)a;
    const struct map_line *right = *(const struct map_line *const *)b;
    int order = strcmp(left->account, right->account);

    if (order == 0)
        order = strcmp(left->hash, right->hash);
    if (order == 0)
        order = left->number < right->number ? -1 : 1;
    return order;
}

/* Sorted first: comparing each line with each other would take seconds on a map of some ten
 * thousand lines. */
static int
check_duplicates(const struct map *map, const char *name, struct diag *diag)
{
    const struct map_line **sorted = calloc(map->n_lines + 1, sizeof(struct map_line *));
    int result = 0;

    if (!sorted)
        return refuse_memory(diag, name);
    for (size_t i = 0; i < map->n_lines; i++)
        sorted[i] = &map->lines[i];
    qsort(sorted, map->n_lines, sizeof(struct map_line *), by_content);
    for (size_t i = 1; result == 0 && i < map->n_lines; i++)
        if (strcmp(sorted[i]->account, sorted[i - 1]->account) == 0 &&
            strcmp(sorted[i]->hash, sorted[i - 1]->hash) == 0)
            result = refuse_line(diag, name, sorted[i]->number,
                                 "the same account and identity as line %u", sorted[i - 1]->number);
    free(sorted);
    return result;
}

int
map_parse_kind(enum map_kind kind, const char *text, size_t size, const char *name,
               struct map **ret_map, struct diag *ret_diag)
{
    MAP_AUTO *map = calloc(1, sizeof *map);
    char *line, *rest;
    unsigned number = 0;

    if (memchr(text, 0, size))
        return refuse_line(ret_diag, name, 0, "has a zero byte in it");
    if (!map || !(map->text = malloc(size + 1)))
        return refuse_memory(ret_diag, name);
    map->kind = kind;
    memcpy(map->text, text, size);
    map->text[size] = '\0';
    rest = map->text;
    while ((line = strsep(&rest, "\n"))) {
        number++;
        /* A map that was truncated within a line must not pass for a shorter one. */
        if (!rest && *line)
            return refuse_line(ret_diag, name, number,
                               "there is no newline at the end of the file");
        if (parse_line(map, line, number, name, ret_diag) != 0)
            return IDQ_MAP;
    }
    if (kind == MAP_OF_ENROLLED && check_duplicates(map, name, ret_diag) != 0)
        return IDQ_MAP;
    *ret_map = map;
    map = NULL; /* moved */
    return 0;
}

int
map_parse(const char *text, size_t size, const char *name, struct map **ret_map,
          struct diag *ret_diag)
{
    return map_parse_kind(MAP_OF_ENROLLED, text, size, name, ret_map, ret_diag);
}

int
map_read_kind(enum map_kind kind, const char *path, struct map **ret_map, struct diag *ret_diag)
{
    SECRET_AUTO *text = trusted_file_load(path, TRUSTED_FILE_OPEN_TEXT, MAP_SIZE_MAX, ret_diag);

    if (!text)
        return IDQ_MAP;
    return map_parse_kind(kind, secret_bytes(text), secret_size(text), path, ret_map, ret_diag);
}

int
map_read(const char *path, struct map **ret_map, struct diag *ret_diag)
{
    return map_read_kind(MAP_OF_ENROLLED, path, ret_map, ret_diag);
}

int
map_line_write(enum map_kind kind, const struct map_line *line, FILE *stream)
{
    /* Checks each write: neither ferror nor fclose of glibc reports that memory was short. */
    if (fprintf(stream, "%s %s", line->account, line->hash) < 0)
        return -1;
    for (size_t i = 0; i < N_FIELDS; i++) {
        const char *value = (fields[i].kinds & kind) ? value_of(line, &fields[i]) : "";
        if (value[0] != '\0' && fprintf(stream, strchr(value, ' ') ? " %s=\"%s\"" : " %s=%s",
                                        fields[i].keyword, value) < 0)
            return -1;
    }
    return fputc('\n', stream) < 0 ? -1 : 0;
}

bool
map_line_is_same(enum map_kind kind, const struct map_line *left, const struct map_line *right)
{
    if (strcmp(left->account, right->account) != 0 || strcmp(left->hash, right->hash) != 0)
        return false;
    for (size_t i = 0; i < N_FIELDS; i++)
        if (fields[i].kinds & kind &&
            strcmp(value_of(left, &fields[i]), value_of(right, &fields[i])) != 0)
            return false;
    return true;
}

const char *
map_fingerprint(const struct map *map)
{
    return map->fingerprint;
}

const char *
map_origin_at(const struct map *map, size_t i)
{
    return i < map->n_origins ? map->origins[i] : NULL;
}

size_t
map_count(const struct map *map)
{
    return map->n_lines;
}

const struct map_line *
map_at(const struct map *map, size_t i)
{
    return &map->lines[i];
}

bool
map_line_is_current(const struct map_line *line, const char *today)
{
    return line->expires[0] == '\0' || strcmp(today, line->expires) <= 0;
}

const struct map_line *
map_had_account(const struct map *map, const char *account)
{
    for (size_t i = 0; i < map_count(map); i++)
        if (strcmp(map_at(map, i)->account, account) == 0)
            return map_at(map, i);
    return NULL;
}

bool
map_has_account(const struct map *map, const char *account, const char *today)
{
    for (size_t i = 0; i < map->n_lines; i++)
        if (strcmp(map->lines[i].account, account) == 0 &&
            map_line_is_current(&map->lines[i], today))
            return true;
    return false;
}

size_t
map_accounts_of(const struct map *map, const char *hash, const char *today,
                const char **ret_accounts, size_t capacity)
{
    size_t n = 0;

    for (size_t i = 0; i < map->n_lines; i++)
        if (strcmp(map->lines[i].hash, hash) == 0 && map_line_is_current(&map->lines[i], today)) {
            if (n < capacity)
                ret_accounts[n] = map->lines[i].account;
            n++;
        }
    return n;
}

int
map_check(const struct map *map, const char *account, const char *hash, const char *today)
{
    int result = IDQ_UNKNOWN_IDENTITY;

    for (size_t i = 0; i < map->n_lines; i++) {
        const struct map_line *line = &map->lines[i];
        if (strcmp(line->hash, hash) != 0 || !map_line_is_current(line, today))
            continue;
        if (strcmp(line->account, account) == 0)
            return 0;
        result = IDQ_WRONG_PERSON;
    }
    return result;
}

void
map_free(struct map **map)
{
    if (!map || !*map)
        return;
    free((*map)->text);
    free((*map)->lines);
    free(*map);
    *map = NULL;
}

void
map_today(char ret_today[11])
{
    time_t now = time(NULL);
    struct tm day;

    if (!gmtime_r(&now, &day) || strftime(ret_today, 11, "%Y-%m-%d", &day) != 10)
        /* without a clock, every line with an end has expired */
        memcpy(ret_today, "9999-12-31", 11);
}
