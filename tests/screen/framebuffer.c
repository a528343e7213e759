/* SPDX-License-Identifier: BSD-3-Clause */
/* See framebuffer.h. */
#include "tests/screen/framebuffer.h"

#include "tests/harness/child.h"
#include "tests/harness/scratch.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define START_MS 60000
#define STOP_MS  60000

struct framebuffer {
    struct child *server;
    const unsigned char *file; /* xwd's format, mapped: it changes under our eyes */
    size_t size;
};

/* The header of an xwd file is numbers of 32 bits, big-endian whatever the pixels are. These are
 * the ones that matter, by their place in it (X11/XWDFile.h). */
enum xwd_field {
    XWD_HEADER_SIZE = 0,
    XWD_WIDTH = 4,
    XWD_HEIGHT = 5,
    XWD_BITS_PER_PIXEL = 11,
    XWD_BYTES_PER_LINE = 12,
    XWD_COLORS = 19,
    XWD_FIELDS = 25
};

#define XWD_COLOR_SIZE 12 /* bytes of an entry between header and pixels */

static size_t
field(const struct framebuffer *framebuffer, enum xwd_field which)
{
    uint32_t number;

    memcpy(&number, framebuffer->file + (size_t)which * sizeof number, sizeof number);
    return ntohl(number);
}

static void
map_file(struct framebuffer *framebuffer, const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &status) != 0)
        ck_abort_msg("%s: %s", path, strerror(errno));
    framebuffer->size = (size_t)status.st_size;
    ck_assert_uint_ge(framebuffer->size, XWD_FIELDS * sizeof(uint32_t));
    void *file = mmap(NULL, framebuffer->size, PROT_READ, MAP_SHARED, fd, 0);
    ck_assert_msg(file != MAP_FAILED, "%s: %s", path, strerror(errno));
    close(fd);
    framebuffer->file = file;
}

struct framebuffer *
framebuffer_start(void)
{
    struct framebuffer *framebuffer = calloc(1, sizeof *framebuffer);
    char *dir = scratch_dir("xvfb"), *log = scratch_path(dir, "log");
    char *file = scratch_path(dir, "Xvfb_screen0"), number[16], display[32];
    /* It chooses a free display and says which, on its standard output, once it is ready. */
    const char *argv[] = {"Xvfb",   "-displayfd", "1",         "-screen", "0",   "1280x1024x24",
                          "-fbdir", dir,          "-nolisten", "tcp",     "-br", NULL};

    ck_assert_ptr_nonnull(framebuffer);
    framebuffer->server = child_start(argv, log);
    if (!child_read_line(framebuffer->server, number, sizeof number, START_MS))
        ck_abort_msg("Xvfb did not start. It says:\n%s", scratch_read(log));
    snprintf(display, sizeof display, ":%s", number);
    ck_assert_int_eq(setenv("DISPLAY", display, 1), 0);
    map_file(framebuffer, file);
    ck_assert_uint_eq(field(framebuffer, XWD_BITS_PER_PIXEL), 32);
    return framebuffer;
}

void
framebuffer_stop(struct framebuffer **framebuffer)
{
    if (*framebuffer == NULL)
        return;
    (void)child_stop(&(*framebuffer)->server, STOP_MS);
    munmap((void *)(uintptr_t)(*framebuffer)->file, (*framebuffer)->size);
    free(*framebuffer);
    *framebuffer = NULL;
}

struct picture *
framebuffer_picture(const struct framebuffer *framebuffer)
{
    size_t width = field(framebuffer, XWD_WIDTH), height = field(framebuffer, XWD_HEIGHT);
    size_t line_size = field(framebuffer, XWD_BYTES_PER_LINE);
    size_t start =
        field(framebuffer, XWD_HEADER_SIZE) + field(framebuffer, XWD_COLORS) * XWD_COLOR_SIZE;
    struct picture *picture = picture_new((int)width, (int)height, 0);

    ck_assert_uint_ge(line_size, width * sizeof(uint32_t));
    ck_assert_uint_le(start + height * line_size, framebuffer->size);
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++) {
            uint32_t pixel; /* 0xRRGGBB, in this machine's order */
            memcpy(&pixel, framebuffer->file + start + y * line_size + x * sizeof pixel,
                   sizeof pixel);
            picture->gray[y * width + x] =
                (unsigned char)(((pixel >> 16 & 255) * 299 + (pixel >> 8 & 255) * 587 +
                                 (pixel & 255) * 114) /
                                1000);
        }
    return picture;
}
