/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a fuzz target on stored inputs, without a fuzzer, so that a fault once found is found again.
 *
 *     fuzz_map                 every file of tests/fuzz/corpus/map, as TAP, one test a file
 *     fuzz_map FILE ...        these files
 *
 * Each file has a separate child, so that an input that kills the target is one failed test. Test
 * code: runs as the user who runs the tests. */
#include "tests/fuzz/target.h"
#include "tests/harness/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS_MOST 60 /* for one file, on a loaded machine */

/* In the child. */
static void
run_file(const char *path)
{
    FILE *file = fopen(path, "re");
    struct stat status;
    uint8_t *bytes;

    if (!file || fstat(fileno(file), &status) != 0) {
        perror(path);
        exit(1);
    }
    bytes = malloc((size_t)status.st_size + 1);
    if (!bytes || fread(bytes, 1, (size_t)status.st_size, file) != (size_t)status.st_size) {
        perror(path);
        exit(1);
    }
    fclose(file);
    alarm(SECONDS_MOST);
    (void)LLVMFuzzerTestOneInput(bytes, (size_t)status.st_size);
    free(bytes);
    exit(0);
}

/* 1 when the target came back. */
static int
replay(const char *path)
{
    int status = -1;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0)
        run_file(path);
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("fork");
        return 0;
    }
    if (WIFSIGNALED(status))
        printf("# %s: signal %d (%s)\n", path, WTERMSIG(status), strsignal(WTERMSIG(status)));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int
is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int
replay_corpus(const char *directory)
{
    struct dirent **entries;
    int n = scandir(directory, &entries, is_input, alphasort);

    if (n <= 0) {
        fprintf(stderr, "%s: %s\n", directory, n == 0 ? "is empty" : strerror(errno));
        return 1;
    }
    printf("1..%d\n", n);
    for (int i = 0; i < n; i++) {
        char *path = scratch_path(directory, entries[i]->d_name);
        int passed = replay(path);
        printf("%sok %d - %s\n", passed ? "" : "not ", i + 1, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return 0;
}

int
main(int argc, char **argv)
{
    const char *name = strstr(program_invocation_short_name, "fuzz_");
    int result = 0;

    if (!name || scratch_begin() != 0) { /* for targets that need files */
        perror(argv[0]);
        return 1;
    }
    if (argc > 1) {
        for (int i = 1; i < argc; i++)
            result |= !replay(argv[i]);
    } else {
        char *directory = scratch_path(SOURCE_DIR "/tests/fuzz/corpus", name + strlen("fuzz_"));
        result = replay_corpus(directory);
    }
    scratch_end();
    return result;
}
