/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs idinqr(1) for tests, without a terminal and with a minimal environment. Test code: runs as
 * the user who runs the tests. */
#ifndef IDQ_TESTS_TOOL_RUN_H
#define IDQ_TESTS_TOOL_RUN_H

#define TOOL BUILD_DIR "/idinqr"

/* Identities of no real person. After `idin1:`, HASH_A and HASH_C begin with the same 8
 * characters. */
#define HASH_A "idin1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define HASH_B "idin1:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define HASH_C "idin1:AAAAAAAAC---------------------------------A"

/* A new directory with an idinqr.conf for what needs no agent and no network: its map is the
 * idinqr.map beside it, which is not there yet, its key the idinqr.key, its refused_file the
 * idinqr.refused. Kept (scratch.h). */
char *tool_offline_dir(void);

/* Appends a line to an idinqr.refused: of so long ago, by the provider and with the scope of that
 * configuration. `fields` follow, as " uid=0". */
void tool_refuse(const char *path, int seconds_ago, const char *account, const char *hash,
                 const char *fields);

struct output {
    int status; /* its exit code; a signal fails the running test */
    char *out, *err;
};

/* The value of SUDO_USER in its environment; NULL: unset. */
extern const char *tool_sudo_user;

/* Runs it with these words, with --conf=CONF behind them where that is not NULL, and with `input`
 * on its standard input. */
struct output tool_run(const char *conf, const char *input, const char *const *words);

#define RUN(conf, input, ...) tool_run(conf, input, (const char *const[]){__VA_ARGS__, NULL})

/* Fails the running test unless this is how it ended, and these texts are in what it wrote; "" for
 * `err` means that it wrote nothing there. */
void tool_must_say(const struct output *output, int status, const char *out, const char *err);

/* The account that the tests run as. Valid until the next call of getpwuid(3). */
const char *tool_myself(void);

void output_free(struct output *output);

#define OUTPUT_AUTO __attribute__((cleanup(output_free))) struct output

#endif
