/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr-relay(8): the merchant's endpoint for desks. `serve` runs as an unprivileged user under
 * systemd. The other commands are an administrator's. As root, they become the user who owns the
 * database's directory before they open anything in it. */
#include <build.h>

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/wiping_heap.h"
#include "pam_idinqr/relay/relay_keys.h"
#include "pam_idinqr/relay/acquirer.h"
#include "pam_idinqr/relay/openid.h"
#include "pam_idinqr/relay/qr_backend.h"
#include "pam_idinqr/relay/relay_command.h"
#include "pam_idinqr/relay/relay_jail.h"
#include "pam_idinqr/web/server.h"

#include <curl/curl.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <syslog.h>
#include <unistd.h>

#define DEFAULT_CONF    SYSCONFDIR "/idinqr-relay.conf"
#define CONNECTIONS_MAX 8192
#define STORE_AGAIN_MS  1000
#define DRAIN_MS        16000 /* longer than a phone waits */

/* --- serve ---------------------------------------------------------------------------------- */

static void
tick(void *context, int64_t now_ms)
{
    struct relay *relay = context;
    bool has_failed;
    int64_t at_ms, listen_ms;

    (void)now_ms; /* the store's times are of the wall clock */
    relay_look_at_clock(relay);
    listen_ms = store_listen(relay->store, relay->wall_ms, relay_changed_elsewhere, relay);
    if (listen_ms >= 0) /* logins of other relays are due, too */
        relay_wake_at(relay, listen_ms);
    if (relay->next_ms >= 0 && relay->wall_ms < relay->next_ms)
        return;
    has_failed = store_tick(relay->store, relay->wall_ms, RELAY_KEEP_MS, &relay->next_ms) != 0;
    if (has_failed)
        (void)relay_store_failed(relay);
    has_failed |= !relay_log_ends(relay);
    if (relay->next_ms >= 0)
        relay_wake_at(relay, relay->wall_ms + RELAY_LOOK_MS);
    at_ms = relay->upstream->tick(relay, relay->wall_ms);
    if (has_failed || at_ms < 0)
        relay->next_ms = relay->wall_ms + STORE_AGAIN_MS; /* it stays due, but not at once */
    else
        relay_wake_at(relay, at_ms);
    if (listen_ms >= 0)
        relay_wake_at(relay, listen_ms);
}

/* By the server's clock. */
static int64_t
next_ms(const void *context)
{
    const struct relay *relay = context;

    return relay->next_ms < 0 ? -1 : server_now_ms() + relay->next_ms - relay->wall_ms;
}

static int64_t
wall_clock_s(const void *context)
{
    return ((const struct relay *)context)->wall_ms / 1000;
}

static int
poll_all(void *context, struct pollfd *fds, unsigned n_fds, int timeout_ms)
{
    struct relay *relay = context;
    struct pollfd all[4];
    int n_ready;

    memcpy(all, fds, n_fds * sizeof *fds); /* three at most */
    store_poll(relay->store, &all[n_fds]);
    n_ready =
        http_client_poll(relay->client, all, n_fds + (all[n_fds].fd >= 0 ? 1 : 0), timeout_ms);
    memcpy(fds, all, n_fds * sizeof *fds);
    return n_ready;
}

/* Desks that wait are answered, and ask another relay. A phone that waits for the acquirer stays:
 * its transaction costs money. */
static void
stop(void *context)
{
    struct relay *relay = context;

    relay->is_stopping = true;
    relay_changed_elsewhere(relay, NULL);
}

/* "[::]:443" and "127.0.0.1:8443". */
static int
listen_at(const char *listen, unsigned *ret_port)
{
    char address[100];
    const char *colon = strrchr(listen, ':'), *digits = colon ? colon + 1 : "";
    int size = colon ? (int)(colon - listen) : 0;
    unsigned long port = strtoul(digits, NULL, 10);

    if (size > 1 && listen[0] == '[' && listen[size - 1] == ']')
        snprintf(address, sizeof address, "%.*s", size - 2, listen + 1);
    else
        snprintf(address, sizeof address, "%.*s", size, listen);
    if (!*digits || digits[strspn(digits, "0123456789")] || port > 65535 || size == 0) {
        errno = EINVAL;
        return -1;
    }
    return server_listen(address, (unsigned)port, ret_port);
}

/* Each desk that waits holds a connection. */
static void
raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int
command_serve(const struct relay_config *config, int argc, char **argv)
{
    RELAY_AUTO *relay = NULL;
    SECRET_AUTO *certificate = NULL, *key = NULL;
    SERVER_AUTO *server = NULL;
    struct diag diag = {.text = "the start failed"};
    unsigned port, metrics_port;
    int socket, stop_fd = server_open_signals();

    (void)argv;
    if (argc != 0)
        return RELAY_EXIT_USAGE;
    if (geteuid() == 0) {
        relay_say("serve does not run as root: use the unit, or systemd-run --uid=idinqr-relay");
        return RELAY_EXIT_MACHINE;
    }
    raise_descriptors();
    if (relay_jail_begin() != 0 || stop_fd < 0 ||
        curl_global_init_mem(CURL_GLOBAL_DEFAULT, wiping_heap_malloc, wiping_heap_free,
                             wiping_heap_realloc, wiping_heap_strdup,
                             wiping_heap_calloc) != CURLE_OK ||
        relay_pem_read(config->certificate_file, TRUSTED_FILE_OPEN_TEXT, &certificate, &diag) !=
            0 ||
        relay_pem_read(config->key_file, TRUSTED_FILE_SECRET, &key, &diag) != 0 ||
        relay_open(config, &relay, &diag) != 0)
        return relay_say_diag(&diag);
    relay->client = http_client_new();
    if (!relay->client || page_style_hash(relay->style_hash) != 0 ||
        (config->upstream == RELAY_OPENID ? openid_open(relay, &diag)
                                          : acquirer_open(relay, &diag)) != 0 ||
        (config->upstream == RELAY_QR_BACKEND && qr_backend_open(relay, &diag) != 0))
        return relay_say_diag(&diag);
    socket = listen_at(config->listen, &port);
    if (socket < 0) {
        relay_say("%s: %s", config->listen, strerror(errno));
        return RELAY_EXIT_MACHINE;
    }
    const struct server_application application = {
        .context = relay,
        .connections_max = CONNECTIONS_MAX,
        /* All connections of a proxy have one address. */
        .connections_per_address =
            config->behind_proxy ? 0 : (unsigned)config->connections_per_address,
        .certificate = certificate ? secret_bytes(certificate) : NULL,
        .key = key ? secret_bytes(key) : NULL,
        .handle = relay_handle,
        .tick = tick,
        .next_ms = next_ms,
        .wall_clock_s = wall_clock_s,
        .poll = poll_all,
        .changes = &relay->changes,
        .stop = stop,
        .drain_ms = DRAIN_MS,
    };
    if (server_start(&application, socket, &server) != 0) {
        relay_say("%s: the certificate or its key cannot be used", config->listen);
        return RELAY_EXIT_MACHINE;
    }
    relay->server = server;
    relay_monitor_open(relay);
    if (config->metrics_listen[0]) {
        socket = listen_at(config->metrics_listen, &metrics_port);
        if (socket < 0 || server_start_private(server, socket) != 0) {
            relay_say("metrics_listen: %s: %s", config->metrics_listen, strerror(errno));
            return RELAY_EXIT_MACHINE;
        }
    }
    if (relay_jail_close(config, &diag) != 0)
        return relay_say_diag(&diag);
    printf("ready %u\n", port);
    if (fflush(stdout) != 0 || server_run(server, stop_fd) != 0) {
        relay_say("%s", strerror(errno));
        return RELAY_EXIT_MACHINE;
    }
    server_stop(&server); /* before the relay that it runs for */
    return EXIT_SUCCESS;
}

/* --- the command line ------------------------------------------------------------------------ */

static const struct {
    const char *name;
    int (*run)(const struct relay_config *config, int argc, char **argv);
    const char *arguments, *summary;
} commands[] = {
    {"serve", command_serve, "", "serve desks and phones"},
    {"check", NULL, "[--offline]", "find what would fail"},
    {"desk", relay_command_desk, "add NAME | list | rotate NAME | revoke NAME",
     "add a desk, and print its idinqr.conf"},
    {"status", relay_command_status, "[--json]", "show desks, and the last hour's logins"},
    {"migrate", relay_command_migrate, "[DATABASE]", "make the tables of this version"},
    {"key", relay_command_key, "[next|switch]",
     "make the keys that are missing, and print the public one"},
};

static void
print_usage(FILE *stream)
{
    fputs("usage: idinqr-relay [--conf FILE] COMMAND\n", stream);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        fprintf(stream, "  idinqr-relay %s %s\n        %s\n", commands[i].name,
                commands[i].arguments, commands[i].summary);
}

int
main(int argc, char **argv)
{
    static const struct option known[] = {{"conf", required_argument, NULL, 'c'},
                                          {"help", no_argument, NULL, 'h'},
                                          {"version", no_argument, NULL, 'V'},
                                          {NULL, 0, NULL, 0}};
    const char *conf = DEFAULT_CONF;
    RELAY_CONFIG_AUTO *config = NULL;
    struct diag diag;
    int option;

    json_set_alloc_funcs(wiping_heap_malloc, wiping_heap_free); /* tokens, numbers, identities */
    while ((option = getopt_long(argc, argv, "+h", known, NULL)) != -1)
        switch (option) {
        case 'c':
            conf = optarg;
            break;
        case 'h':
            print_usage(stdout);
            return EXIT_SUCCESS;
        case 'V':
            puts("idinqr-relay " PACKAGE_VERSION);
            return EXIT_SUCCESS;
        default:
            print_usage(stderr);
            return RELAY_EXIT_USAGE;
        }
    for (size_t i = 0; optind < argc && i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[optind], commands[i].name) != 0)
            continue;
        if (!commands[i].run)
            return relay_command_check(conf, argc - optind - 1, argv + optind + 1);
        if (relay_config_load(conf, &config, &diag) != 0)
            return relay_say_diag(&diag);
        return commands[i].run(config, argc - optind - 1, argv + optind + 1);
    }
    print_usage(stderr);
    return RELAY_EXIT_USAGE;
}
