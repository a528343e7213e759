/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr(1): lets an administrator edit the map and test a login. Run as root if the configuration
 * has secrets. It reads the same files as the module, and uses the same agent and wire. This file
 * parses the command line and calls the command. */
#include <build.h>

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/tool/command.h"

#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(const struct command_options *options, int argc, char **argv);
    const char *arguments, *summary;
} commands[] = {
    {"check", command_check, "[--json] [--quiet] [--offline] [--root DIR]",
     "check for lockouts and unintended access"},
    {"enroll", command_enroll, "[--from-refused] [--expires DAY] [--note TEXT] [--yes] [ACCOUNT]",
     "verify a person, or take a refused one, and let them in as ACCOUNT"},
    {"keys", command_keys, "--fetch [--yes]",
     "pin the public keys of the OpenID provider in jwks_file"},
    {"list", command_list, "[--missing] [--json]", "who is enrolled, or is not yet"},
    {"revoke", command_revoke, "[--yes] ACCOUNT|IDENTITY|--expired",
     "take it all back for one of them"},
    {"show", command_show, "[LINK]", "every drawing of a code, on this terminal"},
    {"test", command_test, "[--service NAME] [--json] [ACCOUNT]",
     "a whole login that opens nothing"},
};

static const size_t n_commands = ARRAY_LENGTH(commands);

/* Completion in the shells reads it: each command begins a line, and its options follow. */
static void
print_usage(FILE *stream)
{
    fputs("usage: idinqr COMMAND [--conf FILE] …\n", stream);
    for (size_t i = 0; i < n_commands; i++)
        fprintf(stream, "  idinqr %s %s\n        %s\n", commands[i].name, commands[i].arguments,
                commands[i].summary);
    fputs("  idinqr --help | --version\n", stream);
}

/* Of version 0.1. It is known only for is_gone, and is in no manual. */
#define OPTION_GONE(name)                                                                          \
    {                                                                                              \
        name, required_argument, NULL, 'O'                                                         \
    }

static const struct option known[] = {
    {"conf", required_argument, NULL, 'c'},
    {"expired", no_argument, NULL, 'x'},
    {"expires", required_argument, NULL, 'e'},
    {"fetch", no_argument, NULL, 'f'},
    {"from-refused", no_argument, NULL, 'R'},
    {"missing", no_argument, NULL, 'm'},
    {"note", required_argument, NULL, 'n'},
    {"offline", no_argument, NULL, 'o'},
    {"root", required_argument, NULL, 'r'},
    {"service", required_argument, NULL, 's'},
    {"yes", no_argument, NULL, 'y'},
    {"json", no_argument, NULL, 'j'},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    OPTION_GONE("from-log"),
    OPTION_GONE("number"), /* of idinqr log */
    {NULL, 0, NULL, 0},
};

#define N_KNOWN ARRAY_LENGTH(known)

/* Sets ret_given for the options on the command line. Returns 0, or the option that ends the
 * program. */
static int
parse_options(int argc, char **argv, struct command_options *ret_options, int ret_given[N_KNOWN])
{
    int option, i = 0;

    while ((option = getopt_long(argc, argv, "h", known, &i)) != -1) {
        ret_given[i] = 1;
        switch (option) {
        case 'c':
            ret_options->conf = optarg;
            break;
        case 'x':
            ret_options->expired = 1;
            break;
        case 'e':
            ret_options->expires = optarg;
            break;
        case 'f':
            ret_options->fetch = 1;
            break;
        case 'R':
            ret_options->from_refused = 1;
            break;
        case 'm':
            ret_options->missing = 1;
            break;
        case 'n':
            ret_options->note = optarg;
            break;
        case 'O':
            break;
        case 'o':
            ret_options->offline = 1;
            break;
        case 'r':
            ret_options->root = optarg;
            break;
        case 's':
            ret_options->service = optarg;
            break;
        case 'y':
            ret_options->yes = 1;
            break;
        case 'j':
            ret_options->json = 1;
            break;
        case 'q':
            ret_options->quiet = 1;
            break;
        default:
            return option;
        }
    }
    return 0;
}

/* Returns whether a command's usage line has this option. */
static bool
is_taken(const char *arguments, const char *name)
{
    const size_t size = strlen(name);

    for (const char *at = arguments; (at = strstr(at, "--")); at += 2)
        if (strncmp(at + 2, name, size) == 0 && strchr(" ]", at[2 + size]))
            return true;
    return false;
}

/* Returns 1 after a message on the replacement, for commands and options of version 0.1 that were
 * removed. */
static bool
is_gone(const int given[N_KNOWN], const char *command)
{
    for (size_t i = 0; known[i].name; i++)
        if (given[i] && strcmp(known[i].name, "from-log") == 0) {
            command_say("there is no --from-log any more: idinqr enroll --from-refused lists the "
                        "refused identities");
            return true;
        }
    if (!command || strcmp(command, "log") != 0)
        return false;
    command_say("there is no idinqr log any more: journalctl --grep 'pam_idinqr.*outcome=' shows "
                "the logins, see pam_idinqr(8)");
    return true;
}

/* A mistyped option must not be ignored. */
static int
run(size_t command, const struct command_options *options, const int given[N_KNOWN], int argc,
    char **argv)
{
    for (size_t i = 0; known[i].name; i++)
        if (given[i] && strcmp(known[i].name, "conf") != 0 &&
            !is_taken(commands[command].arguments, known[i].name)) {
            command_say("%s takes no option --%s", commands[command].name, known[i].name);
            return COMMAND_USAGE;
        }
    return commands[command].run(options, argc, argv);
}

/* Explains a command that does not exist. */
static void
say_unknown(const char *typed)
{
    const char *like = NULL;
    unsigned least = UINT_MAX;

    for (size_t i = 0; i < n_commands; i++)
        if (text_is_nearer(typed, commands[i].name, &least))
            like = commands[i].name;
    if (like)
        command_say("there is no command %s; there is %s", typed, like);
    else
        command_say("there is no command %s; idinqr --help lists them", typed);
}

int
main(int argc, char **argv)
{
    struct command_options options = {.service = COMMAND_SERVICE};
    int given[N_KNOWN] = {0};
    int option = parse_options(argc, argv, &options, given);

    if (option == 'h') {
        print_usage(stdout);
        return COMMAND_DONE;
    }
    if (option == 'V') {
        puts("idinqr " PACKAGE_VERSION);
        return COMMAND_DONE;
    }
    if (option == 0 && is_gone(given, argv[optind]))
        return COMMAND_USAGE;
    for (size_t i = 0; option == 0 && optind < argc && i < n_commands; i++)
        if (strcmp(argv[optind], commands[i].name) == 0)
            return run(i, &options, given, argc - optind - 1, argv + optind + 1);
    if (option == 0 && optind < argc)
        say_unknown(argv[optind]);
    else
        print_usage(stderr);
    return COMMAND_USAGE;
}
