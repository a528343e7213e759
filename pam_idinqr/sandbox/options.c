/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this on its command line. */
#include <build.h>
#include "pam_idinqr/sandbox/options.h"

#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/identity/map.h"
#include "pam_idinqr/sandbox/sandbox.h"
#include "pam_idinqr/sandbox/settings_file.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_code {
    OPTION_DIR = 256,
    OPTION_LISTEN,
    OPTION_PORT,
    OPTION_PROVIDER,
    OPTION_PUBLIC_URL,
    OPTION_AUTO,
    OPTION_ENROLL,
    OPTION_FAULT,
    OPTION_AGENT,
    OPTION_PUBLIC_KEY,
    OPTION_RELAY,
    OPTION_CONFIRM,
    OPTION_ACQUIRER,
    OPTION_QR_BACKEND,
    OPTION_CM,
    OPTION_LIST_FAULTS,
    OPTION_LIST_PERSONS,
    OPTION_QUIET,
    OPTION_EXIT_WITH_PARENT,
    OPTION_VERSION,
    OPTION_HELP,
};

static const struct option long_options[] = {
    {"dir", required_argument, NULL, OPTION_DIR},
    {"listen", required_argument, NULL, OPTION_LISTEN},
    {"port", required_argument, NULL, OPTION_PORT},
    {"provider", required_argument, NULL, OPTION_PROVIDER},
    {"public-url", required_argument, NULL, OPTION_PUBLIC_URL},
    {"auto", required_argument, NULL, OPTION_AUTO},
    {"enroll", required_argument, NULL, OPTION_ENROLL},
    {"fault", required_argument, NULL, OPTION_FAULT},
    {"agent", required_argument, NULL, OPTION_AGENT},
    {"public-key", no_argument, NULL, OPTION_PUBLIC_KEY},
    {"relay", no_argument, NULL, OPTION_RELAY},
    {"confirm", required_argument, NULL, OPTION_CONFIRM},
    {"acquirer", required_argument, NULL, OPTION_ACQUIRER},
    {"qr-backend", no_argument, NULL, OPTION_QR_BACKEND},
    {"cm", no_argument, NULL, OPTION_CM},
    {"list-faults", no_argument, NULL, OPTION_LIST_FAULTS},
    {"list-persons", no_argument, NULL, OPTION_LIST_PERSONS},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"exit-with-parent", no_argument, NULL, OPTION_EXIT_WITH_PARENT},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static void
print_usage(FILE *file)
{
    fputs("usage: idinqr-sandbox [--dir DIR] [--listen ADDRESS] [--port N] [--public-url URL]\n"
          "                      [--provider idin-qr|signicat|oidc-device]\n"
          "                      [--auto PERSON[@BANK]] [--enroll ACCOUNT=PERSON]... [--fault "
          "NAME]...\n"
          "                      [--agent PATH] [--public-key] [--relay] [--confirm none|number]\n"
          "                      [--acquirer URL] [--qr-backend | --cm] [--quiet]\n"
          "                      [--exit-with-parent]\n"
          "       idinqr-sandbox --list-faults | --list-persons | --version | --help\n",
          file);
}

static void
print_faults(void)
{
    for (size_t i = 0; fault_name(i); i++)
        printf("%-28s %s\n", fault_name(i), fault_description(i));
}

static void
print_persons(void)
{
    const struct person *person;

    for (size_t i = 0; (person = person_at(i)); i++)
        printf("%-12s %s\n", person->id, person->name_en);
}

static int
wrong(const char *what, const char *value)
{
    fprintf(stderr, "idinqr-sandbox: %s: %s\n", value, what);
    return -1;
}

static int
read_port(const char *text, unsigned *ret_port)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end != '\0' || port > 65535)
        return wrong("a port is a number, 0 to 65535", text);
    *ret_port = (unsigned)port;
    return 0;
}

static int
read_listen(const char *text, const char **ret_listen)
{
    unsigned char address[sizeof(struct in6_addr)];

    if (inet_pton(AF_INET, text, address) != 1 && inet_pton(AF_INET6, text, address) != 1)
        return wrong("is not a numeric address", text);
    *ret_listen = text;
    return 0;
}

/* Phones append their path to it, so it is a scheme, a host and a port. One slash may follow. */
static int
read_public_url(char *text, const char **ret_url)
{
    struct https_url url;
    size_t size = strlen(text);

    if (size > 0 && text[size - 1] == '/')
        text[--size] = '\0';
    if (size > SANDBOX_URL_MAX || https_url_parse(text, size, &url) < 0 ||
        strcspn(text + strlen("https://"), "/?#") != size - strlen("https://"))
        return wrong("is not an URL of the form https://host:port", text);
    *ret_url = text;
    return 0;
}

static int
read_auto(char *text, struct options *options)
{
    char *at = strchr(text, '@');

    if (at)
        *at = '\0';
    options->auto_person = person_find(text);
    options->auto_bank = at ? bank_find(at + 1) : bank_at(0);
    if (!options->auto_person)
        return wrong("there is no such person, see --list-persons", text);
    if (!options->auto_bank)
        return wrong("there is no such bank, see idinqr-sandbox(1)", at + 1);
    return 0;
}

static int
read_enrollment(char *text, struct options *options)
{
    char *equals = strchr(text, '=');
    struct enrollment *enrollment = &options->enrollments[options->n_enrollments];

    if (options->n_enrollments == OPTIONS_ENROLLMENTS_MAX)
        return wrong("too many --enroll", text);
    if (!equals)
        return wrong("is not of the form ACCOUNT=PERSON", text);
    *equals = '\0';
    if (!map_is_account(text))
        return wrong("can not be the name of an account", text);
    enrollment->account = text;
    enrollment->person = person_find(equals + 1);
    if (!enrollment->person && strcmp(equals + 1, "anyone") != 0)
        return wrong("there is no such person, see --list-persons", equals + 1);
    if (enrollment->person && !enrollment_is_possible(enrollment->person))
        return wrong("has no BIN that stays the same, and can not be enrolled", equals + 1);
    options->n_enrollments++;
    return 0;
}

static int
read_provider(const char *text, const char **ret_provider)
{
    const char *provider = settings_file_provider(text);

    if (!provider)
        return wrong("there is no such provider: idin-qr, signicat or oidc-device", text);
    *ret_provider = provider;
    return 0;
}

/* Only a relay asks for a number. */
static int
read_confirm(const char *text, struct options *options)
{
    options->asks_number = strcmp(text, "number") == 0;
    options->is_relay |= options->asks_number;
    return options->asks_number || strcmp(text, "none") == 0 ? 0
                                                             : wrong("is not none or number", text);
}

/* Options that do not go together. 0 or -1. */
static int
check_together(const struct options *options)
{
    if (options->is_relay && strcmp(options->provider, SETTINGS_PROVIDER) != 0)
        return wrong("plays no relay", options->provider);
    if (options->asks_number && options->auto_person)
        return wrong("types no number: --auto and --confirm number exclude each other",
                     options->auto_person->id);
    if (options->is_qr_backend &&
        (!options->acquirer || options->is_relay || options->public_key || options->auto_person))
        return wrong("needs --acquirer, and excludes --relay, --public-key and --auto",
                     "--qr-backend");
    if (options->is_cm && (!options->acquirer || options->is_qr_backend))
        return wrong("needs --acquirer, and excludes --qr-backend", "--cm");
    return 0;
}

/* One option that has a value. 0 or -1. */
static int
read_option(int option, char *value, struct options *options)
{
    switch (option) {
    case OPTION_DIR:
        options->dir = value;
        return 0;
    case OPTION_LISTEN:
        return read_listen(value, &options->listen);
    case OPTION_PORT:
        return read_port(value, &options->port);
    case OPTION_PROVIDER:
        return read_provider(value, &options->provider);
    case OPTION_PUBLIC_URL:
        return read_public_url(value, &options->public_url);
    case OPTION_AUTO:
        return read_auto(value, options);
    case OPTION_ENROLL:
        return read_enrollment(value, options);
    case OPTION_CONFIRM:
        return read_confirm(value, options);
    case OPTION_ACQUIRER:
        return read_public_url(value, &options->acquirer);
    case OPTION_AGENT:
        options->agent = value;
        return value[0] == '/' ? 0 : wrong("is not an absolute path", value);
    case OPTION_FAULT:
        if (faults_enable(&options->faults, value) < 0)
            return wrong("there is no such fault, see --list-faults", value);
        return 0;
    default:
        return -1;
    }
}

enum options_result
options_parse(int argc, char **argv, struct options *ret_options)
{
    struct options options = {.listen = "127.0.0.1", .provider = SETTINGS_PROVIDER};
    int option;

    optind = 0; /* makes getopt begin afresh: tests parse more than once */
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        switch (option) {
        case OPTION_LIST_FAULTS:
            print_faults();
            return OPTIONS_DONE;
        case OPTION_LIST_PERSONS:
            print_persons();
            return OPTIONS_DONE;
        case OPTION_VERSION:
            printf("idinqr-sandbox (%s)\n", PACKAGE_STRING);
            return OPTIONS_DONE;
        case OPTION_HELP:
            print_usage(stdout);
            return OPTIONS_DONE;
        case OPTION_PUBLIC_KEY:
            options.public_key = 1;
            break;
        case OPTION_RELAY:
            options.is_relay = true;
            break;
        case OPTION_QR_BACKEND:
            options.is_qr_backend = true;
            break;
        case OPTION_CM:
            options.is_cm = true;
            break;
        case OPTION_QUIET:
            options.quiet = 1;
            break;
        case OPTION_EXIT_WITH_PARENT:
            options.exit_with_parent = 1;
            break;
        case '?': /* getopt_long has said what is wrong */
            print_usage(stderr);
            return OPTIONS_WRONG;
        default:
            if (read_option(option, optarg, &options) < 0)
                return OPTIONS_WRONG;
        }
    if (optind < argc) {
        fprintf(stderr, "idinqr-sandbox: %s: takes no arguments but options\n", argv[optind]);
        print_usage(stderr);
        return OPTIONS_WRONG;
    }
    if (check_together(&options) < 0)
        return OPTIONS_WRONG;
    *ret_options = options;
    return OPTIONS_RUN;
}
