/* SPDX-License-Identifier: BSD-3-Clause */
/* See memory_search.h. */
#include "tests/unit/memory_search.h"

#include <check.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PIECE_SIZE (64 * 1024)

/* In one mapping, read as a file, so that a guard page is an error and no crash. `piece` has room
 * for a piece with the end of the one before it in front. */
static unsigned
search_mapping(int memory, uintptr_t start, uintptr_t end, const char *text, char *piece)
{
    size_t text_size = strlen(text), kept = 0;
    unsigned n = 0;

    for (uintptr_t at = start; at < end;) {
        size_t wanted = end - at < PIECE_SIZE ? end - at : PIECE_SIZE;
        ssize_t size = pread(memory, piece + kept, wanted, (off_t)at);
        if (size <= 0)
            return n;
        size_t filled = kept + (size_t)size;
        for (const char *p = piece; (p = memmem(p, filled - (size_t)(p - piece), text, text_size));
             p++)
            n++;
        kept = filled < text_size - 1 ? filled : text_size - 1;
        memmove(piece, piece + filled - kept, kept);
        at += (uintptr_t)size;
    }
    return n;
}

unsigned
memory_search(const char *text)
{
    /* The search itself has copies, in a place that it leaves out. */
    char *piece =
        mmap(NULL, 2 * PIECE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char line[600], rights[8];
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    FILE *maps = fopen("/proc/self/maps", "re");
    uintptr_t start, end;
    unsigned n = 0;

    ck_assert(piece != MAP_FAILED && maps != NULL);
    ck_assert_int_ge(memory, 0);
    ck_assert_uint_lt(strlen(text), PIECE_SIZE);
    while (fgets(line, sizeof line, maps)) {
        ck_assert_int_eq(sscanf(line, "%lx-%lx %7s", &start, &end, rights), 3);
        if (rights[0] != 'r' || rights[1] != 'w')
            continue;
        /* The kernel may have joined the pieces' mapping with a neighbor. */
        uintptr_t own = (uintptr_t)piece, own_end = own + 2 * PIECE_SIZE;
        if (start <= own && own_end <= end) {
            n += search_mapping(memory, start, own, text, piece);
            start = own_end;
        }
        n += search_mapping(memory, start, end, text, piece);
    }
    fclose(maps);
    close(memory);
    munmap(piece, 2 * PIECE_SIZE);
    return n;
}
