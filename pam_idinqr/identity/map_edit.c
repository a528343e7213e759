/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr(1) runs this as root, on values from its user and from the agent. */
#include "pam_idinqr/identity/map_edit.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/trusted_file.h"
#include "pam_idinqr/identity/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct map_edit {
    enum map_kind kind;
    char path[4096], new_path[4096 + 8];
    int lock;           /* descriptor of PATH.lock */
    struct stat status; /* of the old map; st_mode 0 if there was none */
    struct map *map;
    char *text;        /* the old map with the added lines, a string */
    size_t n_lines;    /* in text, without comments */
    unsigned *removed; /* numbers of the lines to remove */
    size_t n_removed;
    char fingerprint[IDENTITY_FINGERPRINT_SIZE];
    char origin[MAP_ORIGIN_SIZE];
    bool is_changed;
};

/* Refuses a change of the map. Returns IDQ_MAP. */
static int
refuse_edit(struct diag *diag, const char *path, const char *reason)
{
    diag_set_file(diag, path, 0, "%s", reason);
    return IDQ_MAP;
}

/* Reports a call that failed. Returns IDQ_MAP. */
static int
fail(struct diag *diag, const char *path, int error)
{
    diag_set_error(diag, path, error);
    return IDQ_MAP;
}

/* Polls flock(), because it has no timeout, and SIGALRM belongs to the program. */
static int
take_lock(int fd, int wait_ms)
{
    const struct timespec step = {.tv_nsec = 50 * 1000 * 1000};

    for (int waited_ms = 0;; waited_ms += 50) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return 0;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return IDQ_MAP;
        if (waited_ms >= wait_ms)
            return IDQ_LOCKED;
        nanosleep(&step, NULL);
    }
}

static int
read_old_map(struct map_edit *edit, struct diag *diag)
{
    SECRET_AUTO *content = NULL;
    int fd = trusted_file_open(edit->path, TRUSTED_FILE_OPEN_TEXT, diag);

    if (fd < 0 && diag->error == ENOENT) {
        edit->text = strdup("");
        return edit->text ? map_parse_kind(edit->kind, "", 0, edit->path, &edit->map, diag)
                          : fail(diag, edit->path, ENOMEM);
    }
    if (fd < 0)
        return IDQ_MAP;
    content = trusted_file_read(fd, edit->path, MAP_SIZE_MAX, diag);
    if (fstat(fd, &edit->status) != 0) {
        close(fd);
        return fail(diag, edit->path, errno);
    }
    close(fd);
    if (!content)
        return IDQ_MAP;
    if (map_parse_kind(edit->kind, secret_bytes(content), secret_size(content), edit->path,
                       &edit->map, diag) != 0)
        return IDQ_MAP;
    edit->n_lines = map_count(edit->map);
    edit->text = strndup(secret_bytes(content), secret_size(content));
    return edit->text ? 0 : fail(diag, edit->path, ENOMEM);
}

/* Checks the directory before it creates or removes files beside the map, because another user
 * could place links there. A map that does not exist yet must be one that could be created there.
 */
static int
check_way(const char *path, struct diag *diag)
{
    int fd = trusted_file_open(path, TRUSTED_FILE_OPEN_TEXT, diag);

    if (fd < 0)
        return diag->error == ENOENT ? 0 : IDQ_MAP;
    close(fd);
    return 0;
}

int
map_edit_begin_kind(enum map_kind kind, const char *path, int wait_ms, struct map_edit **ret_edit,
                    struct diag *ret_diag)
{
    MAP_EDIT_AUTO *edit = calloc(1, sizeof *edit);
    char lock_path[sizeof edit->path + 8];
    int result;

    if (!edit)
        return fail(ret_diag, path, ENOMEM);
    edit->kind = kind;
    edit->lock = -1;
    if (path[0] != '/' || strlen(path) >= sizeof edit->path)
        return refuse_edit(ret_diag, path, "is not an absolute path");
    memcpy(edit->path, path, strlen(path) + 1);
    snprintf(lock_path, sizeof lock_path, "%s.lock", path);
    snprintf(edit->new_path, sizeof edit->new_path, "%s.new", path);
    result = check_way(path, ret_diag);
    if (result != 0)
        return result;
    edit->lock = open(lock_path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (edit->lock < 0)
        return fail(ret_diag, lock_path, errno);
    result = take_lock(edit->lock, wait_ms);
    if (result != 0) {
        if (result == IDQ_LOCKED)
            diag_set_file(ret_diag, lock_path, 0, "another process is changing the file");
        else
            diag_set_error(ret_diag, lock_path, errno);
        return result;
    }
    /* The lock is held, so an earlier, killed run left a file of this name. If it cannot be
     * removed, map_edit_commit reports it. */
    unlink(edit->new_path);
    if (read_old_map(edit, ret_diag) != 0)
        return IDQ_MAP;
    *ret_edit = edit;
    edit = NULL; /* moved */
    return 0;
}

int
map_edit_begin(const char *path, int wait_ms, struct map_edit **ret_edit, struct diag *ret_diag)
{
    return map_edit_begin_kind(MAP_OF_ENROLLED, path, wait_ms, ret_edit, ret_diag);
}

const struct map *
map_edit_map(const struct map_edit *edit)
{
    return edit->map;
}

/* Returns the text with a line in place of the bytes between two offsets, or NULL if memory is
 * short. */
static char *
with_line(const struct map_edit *edit, size_t from, size_t to, const struct map_line *line)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    bool is_lost;

    if (!stream)
        return NULL;
    /* Checks each write: neither ferror nor fclose of glibc reports that memory was short. */
    is_lost = fwrite(edit->text, 1, from, stream) != from;
    is_lost |= map_line_write(edit->kind, line, stream) != 0;
    is_lost |= fputs(edit->text + to, stream) < 0;
    if (fclose(stream) != 0 || is_lost) {
        free(text);
        return NULL;
    }
    return text;
}

/* Makes it the new text, if a reader accepts it and finds the intended line. */
static int
take_text(struct map_edit *edit, char *text, size_t n_lines, size_t i, const struct map_line *line,
          struct diag *diag)
{
    MAP_AUTO *checked = NULL;
    int result = 0;

    if (!text)
        return fail(diag, edit->path, ENOMEM);
    /* A value with a newline or a quote could otherwise add lines: the issuer, for example, comes
     * from the agent. */
    if (map_parse_kind(edit->kind, text, strlen(text), edit->path, &checked, diag) != 0)
        result = IDQ_MAP;
    else if (strlen(text) > MAP_SIZE_MAX)
        result = refuse_edit(diag, edit->path, "the map is full");
    else if (map_count(checked) != n_lines ||
             !map_line_is_same(edit->kind, map_at(checked, i), line))
        result = refuse_edit(diag, edit->path, "a value of the new line cannot stand in a map");
    if (result != 0) {
        free(text);
        return result;
    }
    free(edit->text);
    edit->text = text;
    edit->n_lines = n_lines;
    return 0;
}

int
map_edit_add(struct map_edit *edit, const struct map_line *line, struct diag *ret_diag)
{
    size_t end = strlen(edit->text);

    return take_text(edit, with_line(edit, end, end, line), edit->n_lines + 1, edit->n_lines, line,
                     ret_diag);
}

int
map_edit_replace(struct map_edit *edit, size_t i, const struct map_line *line,
                 struct diag *ret_diag)
{
    const char *from = edit->text;

    for (unsigned number = 1; number < map_at(edit->map, i)->number; number++)
        from = strchr(from, '\n') + 1;
    return take_text(edit,
                     with_line(edit, (size_t)(from - edit->text),
                               (size_t)(strchr(from, '\n') + 1 - edit->text), line),
                     edit->n_lines, i, line, ret_diag);
}

int
map_edit_remove(struct map_edit *edit, unsigned number)
{
    unsigned *removed = reallocarray(edit->removed, edit->n_removed + 1, sizeof *removed);

    if (!removed)
        return IDQ_SYSTEM;
    removed[edit->n_removed++] = number;
    edit->removed = removed;
    return 0;
}

/* Closes the gaps in the text. Added lines are at the end, so the numbers are still those of the
 * old map. */
static void
apply_removals(struct map_edit *edit)
{
    char *to = edit->text;
    const char *from = edit->text;

    for (unsigned number = 1; *from; number++) {
        size_t size = (size_t)(strchrnul(from, '\n') - from);
        int goes = 0;
        size += from[size] == '\n';
        for (size_t i = 0; i < edit->n_removed; i++)
            goes |= edit->removed[i] == number;
        if (!goes) {
            memmove(to, from, size);
            to += size;
        }
        from += size;
    }
    *to = '\0';
    edit->n_removed = 0;
}

static int
write_new_map(const struct map_edit *edit)
{
    int had_map = edit->status.st_mode != 0;
    mode_t mode = had_map ? edit->status.st_mode & 07777 : 0600;
    int fd = open(edit->new_path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int result;

    if (fd < 0)
        return -1;
    result = trusted_file_write(fd, edit->text);
    if (result == 0 && had_map)
        result = fchown(fd, edit->status.st_uid, edit->status.st_gid);
    if (result == 0)
        result = fchmod(fd, mode);
    if (result == 0)
        result = fsync(fd);
    if (close(fd) != 0)
        result = -1;
    return result;
}

void
map_edit_set_fingerprint(struct map_edit *edit, const char *fingerprint)
{
    snprintf(edit->fingerprint, sizeof edit->fingerprint, "%s", fingerprint);
}

void
map_edit_set_origin(struct map_edit *edit, const char *provider, const char *scope)
{
    snprintf(edit->origin, sizeof edit->origin, "%s %s", provider, scope);
}

static bool
has_origin(const struct map *map, const char *origin)
{
    const char *other = NULL;

    for (size_t i = 0; (other = map_origin_at(map, i)) && strcmp(other, origin) != 0; i++)
        continue;
    return other != NULL;
}

/* Adds a comment at the top, as the last change: the numbers of the lines are those of the old map
 * before. */
static int
add_comment(struct map_edit *edit, const char *word, const char *value, struct diag *diag)
{
    char *text;

    if (asprintf(&text, "# %s %s\n%s", word, value, edit->text) < 0)
        return fail(diag, edit->path, ENOMEM);
    free(edit->text);
    edit->text = text;
    return strlen(text) <= MAP_SIZE_MAX ? 0 : refuse_edit(diag, edit->path, "the map is full");
}

static int
add_comments(struct map_edit *edit, struct diag *diag)
{
    int result = 0;

    if (edit->origin[0] != '\0' && !has_origin(edit->map, edit->origin))
        result = add_comment(edit, MAP_ORIGIN, edit->origin, diag);
    if (result == 0 && edit->fingerprint[0] != '\0' && map_fingerprint(edit->map)[0] == '\0')
        result = add_comment(edit, MAP_FINGERPRINT, edit->fingerprint, diag);
    return result;
}

int
map_edit_commit(struct map_edit *edit, struct diag *ret_diag)
{
    apply_removals(edit);
    if (add_comments(edit, ret_diag) != 0)
        return IDQ_MAP;
    if (write_new_map(edit) != 0 || rename(edit->new_path, edit->path) != 0) {
        diag_set_error(ret_diag, edit->new_path, errno);
        unlink(edit->new_path);
        return IDQ_MAP;
    }
    edit->is_changed = true;
    if (trusted_file_flush_directory(edit->path) != 0) {
        diag_set_file(ret_diag, edit->path, 0, "is changed, but a power cut might undo it: %s",
                      strerror(errno));
        return IDQ_MAP;
    }
    return 0;
}

bool
map_edit_is_changed(const struct map_edit *edit)
{
    return edit->is_changed;
}

void
map_edit_end(struct map_edit **edit)
{
    if (!edit || !*edit)
        return;
    if ((*edit)->lock >= 0)
        close((*edit)->lock);
    map_free(&(*edit)->map);
    free((*edit)->text);
    free((*edit)->removed);
    free(*edit);
    *edit = NULL;
}
