/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes all seeds: `seeds CORPUS`. Inputs that are text, or that a fuzzer found, are only files.
 * Test code: runs as the user who starts it, on no input. */
#include "tests/fuzz/seeds.h"

#include "tests/fuzz/target.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *corpus;

void
seeds_save(const char *target, const char *name, const void *bytes, size_t size)
{
    char *path = NULL;
    FILE *file;

    MUST(asprintf(&path, "%s/%s/%s", corpus, target, name) > 0);
    file = fopen(path, "we");
    if (!file) {
        perror(path);
        exit(1);
    }
    MUST(fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
    free(path);
}

/* Bytes given as numbers, ended by -1. */
void
seeds_save_bytes(const char *target, const char *name, ...)
{
    unsigned char bytes[64];
    size_t size = 0;
    va_list list;

    va_start(list, name);
    for (int byte; (byte = va_arg(list, int)) >= 0; size++) {
        MUST(size < sizeof bytes);
        bytes[size] = (unsigned char)byte;
    }
    va_end(list);
    seeds_save(target, name, bytes, size);
}

struct qr_code
seeds_code_of(const char *payload)
{
    struct qr_code code;

    MUST(qr_encode(payload, &code) == 0);
    return code;
}

int
main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s tests/fuzz/corpus\n", argv[0]);
        return 2;
    }
    corpus = argv[1];
    seeds_drawings();
    seeds_logins();
    seeds_pictures();
    seeds_replies();
    seeds_wire();
    return 0;
}
