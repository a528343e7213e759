/* SPDX-License-Identifier: BSD-3-Clause */
/* See decoders.h. */
#include "tests/screen/decoders.h"

#include "tests/harness/child.h"
#include "tests/harness/scratch.h"
#include "tests/screen/zxing.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PACKAGES  BUILD_DIR "/decoders"
#define SCRIPT    SOURCE_DIR "/tests/screen/decoders/decode.mjs"
#define ANSWER_MS 60000
#define STOP_MS   60000

const char *const decoder_names[N_DECODERS] = {[DECODER_ZBAR] = "zbar",
                                               [DECODER_ZXING] = "ZXing",
                                               [DECODER_JSQR] = "jsQR",
                                               [DECODER_QR] = "qr"};

struct decoders {
    struct child *node; /* NULL: its packages are not installed */
    FILE *pictures;     /* the FIFO that it reads */
    char *log;
};

struct decoders *
decoders_start(void)
{
    struct decoders *decoders = calloc(1, sizeof *decoders);
    char *dir = scratch_dir("decoders"), *fifo = scratch_path(dir, "pictures");

    ck_assert_ptr_nonnull(decoders);
    decoders->log = scratch_path(dir, "log");
    if (access(PACKAGES "/.installed", R_OK) != 0)
        return decoders;
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    decoders->node =
        child_start((const char *const[]){"node", SCRIPT, PACKAGES, fifo, NULL}, decoders->log);
    decoders->pictures = fopen(fifo, "we"); /* waits for its reader */
    ck_assert_ptr_nonnull(decoders->pictures);
    return decoders;
}

static enum decoder_result
judge(const char *text, const char *payload)
{
    if (!text)
        return DECODER_NOTHING;
    return strcmp(text, payload) == 0 ? DECODER_RIGHT : DECODER_WRONG;
}

/* Several codes that say different things are a wrong text. */
static enum decoder_result
judge_own(int n_codes, char *text, const char *payload)
{
    enum decoder_result result = judge(text, payload);

    free(text);
    return n_codes > 0 && result == DECODER_NOTHING ? DECODER_WRONG : result;
}

static void
ask_node(struct decoders *decoders, const struct picture *picture, const char *payload,
         enum decoder_result *ret_jsqr, enum decoder_result *ret_qr)
{
    size_t size = (size_t)picture->width_px * (size_t)picture->height_px;
    char line[4096];
    const char *jsqr = NULL, *qr = NULL;
    json_t *answer;

    fprintf(decoders->pictures, "%d %d\n", picture->width_px, picture->height_px);
    ck_assert_uint_eq(fwrite(picture->gray, 1, size, decoders->pictures), size);
    ck_assert_int_eq(fflush(decoders->pictures), 0);
    if (!child_read_line(decoders->node, line, sizeof line, ANSWER_MS))
        ck_abort_msg("the decoders ended. They say:\n%s", scratch_read(decoders->log));
    answer = json_loads(line, 0, NULL);
    ck_assert_msg(answer != NULL && json_array_size(answer) == 2, "%s", line);
    jsqr = json_string_value(json_array_get(answer, 0));
    qr = json_string_value(json_array_get(answer, 1));
    *ret_jsqr = judge(jsqr, payload);
    *ret_qr = judge(qr, payload);
    json_decref(answer);
}

int
decoders_read(struct decoders *decoders, const struct picture *picture, const char *payload,
              enum decoder_result ret_results[N_DECODERS])
{
    char *text;
    int n_codes, n_right = 0;

    n_codes = picture_decode_qr(picture, &text);
    ret_results[DECODER_ZBAR] = judge_own(n_codes, text, payload);
    n_codes = zxing_decode_qr(picture->gray, picture->width_px, picture->height_px, &text);
    ret_results[DECODER_ZXING] = judge_own(n_codes, text, payload);
    ret_results[DECODER_JSQR] = ret_results[DECODER_QR] = DECODER_ABSENT;
    if (decoders->node)
        ask_node(decoders, picture, payload, &ret_results[DECODER_JSQR], &ret_results[DECODER_QR]);
    for (int i = 0; i < N_DECODERS; i++)
        n_right += ret_results[i] == DECODER_RIGHT;
    return n_right;
}

void
decoders_stop(struct decoders **decoders)
{
    if (*decoders == NULL)
        return;
    if ((*decoders)->node) {
        fclose((*decoders)->pictures); /* which ends it */
        (void)child_stop(&(*decoders)->node, STOP_MS);
    }
    free(*decoders);
    *decoders = NULL;
}
