/* SPDX-License-Identifier: BSD-3-Clause */
/* See config_value.h. */
#include "pam_idinqr/config/config_value.h"

#include "pam_idinqr/common/trusted_file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_SIZE_MAX (64 * 1024) /* bytes; what a setting may hold is less */

static int
store(struct config_value *value, enum config_rank rank, const char *text)
{
    struct secret *copy;

    if (rank < value->rank)
        return 0;
    copy = secret_copy(text, strlen(text));
    if (!copy)
        return -1;
    secret_free(&value->text);
    value->text = copy;
    value->rank = rank;
    return 0;
}

int
config_value_set(const struct setting *setting, struct config_value *value, enum config_rank rank,
                 const char *text, char *ret_reason, size_t reason_size)
{
    char must[300];

    if (setting_check(setting, text, must, sizeof must) != 0) {
        snprintf(ret_reason, reason_size, "%s %s", setting->keyword, must);
        return -1;
    }
    if (store(value, rank, text) != 0) {
        snprintf(ret_reason, reason_size, "%s: out of memory", setting->keyword);
        return -1;
    }
    return 0;
}

int
config_value_set_from_file(const struct setting *setting, struct config_value *value,
                           enum config_rank rank, const char *path, char *ret_reason,
                           size_t reason_size)
{
    SECRET_AUTO *content = NULL;
    struct diag diag;
    int fd;

    /* Said without the value: who forgets the _file's meaning writes the secret itself here. */
    if (path[0] != '/') {
        snprintf(ret_reason, reason_size, "%s_file must be an absolute path", setting->keyword);
        return -1;
    }
    fd = trusted_file_open(path, TRUSTED_FILE_SECRET, &diag);
    if (fd >= 0) {
        content = trusted_file_read(fd, path, FILE_SIZE_MAX, &diag);
        close(fd);
    }
    if (!content) {
        snprintf(ret_reason, reason_size, "%s", diag.text);
        return -1;
    }
    if (memchr(secret_bytes(content), 0, secret_size(content))) {
        snprintf(ret_reason, reason_size, "%s: has a zero byte in it", path);
        return -1;
    }
    while (secret_size(content) > 0 &&
           strchr("\r\n", secret_bytes(content)[secret_size(content) - 1]))
        secret_truncate(content, secret_size(content) - 1);
    return config_value_set(setting, value, rank, secret_bytes(content), ret_reason, reason_size);
}

const char *
config_value_text(const struct setting *setting, const struct config_value *value)
{
    if (value->text)
        return secret_bytes(value->text);
    return setting->fallback ? setting->fallback : "";
}

void
config_value_free(struct config_value *value)
{
    secret_free(&value->text);
    *value = (struct config_value){.text = NULL};
}
