/* SPDX-License-Identifier: BSD-3-Clause */
#include "pam_idinqr/tool/key_file.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/trusted_file.h"
#include "pam_idinqr/identity/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sha256.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *
key_file_alg(const struct key_message *key)
{
    return key->type == KEY_RSA ? "RS256" : key->type == KEY_P256 ? "ES256" : "EdDSA";
}

/* The members that form the key, in the order of RFC 7638, 3.2, without blanks. */
static void
write_members(FILE *file, const struct key_message *key)
{
    switch (key->type) {
    case KEY_RSA:
        fprintf(file, "\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"", key->second, key->first);
        return;
    case KEY_P256:
        fprintf(file, "\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"", key->first,
                key->second);
        return;
    case KEY_ED25519:
        fprintf(file, "\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"", key->first);
        return;
    }
}

int
key_file_thumbprint(const struct key_message *key, char ret[KEY_FILE_THUMBPRINT_SIZE])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    SHA2_CTX hash;
    int failed = !file;

    if (file) {
        fputc('{', file);
        write_members(file, key);
        fputc('}', file);
        failed = fclose(file);
    }
    if (!failed) {
        SHA256Init(&hash);
        SHA256Update(&hash, (unsigned char *)text, size);
        SHA256Final(digest, &hash);
        identity_to_base64url(digest, sizeof digest, ret);
    }
    free(text);
    return failed ? IDQ_SYSTEM : 0;
}

static void
write_kid(FILE *file, const char *kid)
{
    fputs(",\"kid\":\"", file);
    for (; *kid; kid++) {
        if (*kid == '"' || *kid == '\\')
            fputc('\\', file);
        fputc(*kid, file);
    }
    fputc('"', file);
}

char *
key_file_text(const struct key_message *keys, size_t n_keys)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    if (!file)
        return NULL;
    fputs("{\"keys\":[", file);
    for (size_t i = 0; i < n_keys; i++) {
        fputs(i > 0 ? ",\n{" : "\n{", file);
        write_members(file, &keys[i]);
        fprintf(file, ",\"alg\":\"%s\"", key_file_alg(&keys[i]));
        if (keys[i].kid[0])
            write_kid(file, keys[i].kid);
        fputc('}', file);
    }
    fputs("\n]}\n", file);
    if (fclose(file) == 0)
        return text;
    free(text);
    return NULL;
}

/* Writes all of it to the disk, readable by every user. Closes fd. */
static int
write_file(int fd, const char *text)
{
    FILE *file = fdopen(fd, "w");
    int failed;

    if (!file) {
        close(fd);
        return -1;
    }
    failed = fputs(text, file) < 0 || fflush(file) != 0 || fchmod(fd, 0644) != 0 || fsync(fd) != 0;
    return fclose(file) != 0 || failed ? -1 : 0;
}

int
key_file_write(const char *path, const char *text, struct diag *ret_diag)
{
    char new_path[PATH_MAX];
    int fd = -1;

    if (snprintf(new_path, sizeof new_path, "%s.XXXXXX", path) < (int)sizeof new_path)
        fd = mkostemp(new_path, O_CLOEXEC);
    if (fd < 0) {
        diag_set_error(ret_diag, path, errno);
        return IDQ_SYSTEM;
    }
    if (write_file(fd, text) != 0 || rename(new_path, path) != 0) {
        diag_set_error(ret_diag, path, errno);
        unlink(new_path);
        return IDQ_SYSTEM;
    }
    if (trusted_file_flush_directory(path) != 0) {
        diag_set_file(ret_diag, path, 0, "is changed, but a power cut might undo it: %s",
                      strerror(errno));
        return IDQ_SYSTEM;
    }
    return 0;
}
