/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr-sandbox(1): runs a QR backend and the pages of a phone on this machine, for the demo, for
 * tests and for trying out. Any user may run it, with that user's rights. Do not run it as root.
 * Network input is untrusted. It holds no secrets except its own. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/identity/map_key.h"
#include "pam_idinqr/sandbox/signers.h"
#include "pam_idinqr/sandbox/state_dir.h"
#include "pam_idinqr/sandbox/persons.h"
#include "pam_idinqr/sandbox/options.h"
#include "pam_idinqr/sandbox/pages.h"
#include "pam_idinqr/sandbox/sandbox.h"
#include "pam_idinqr/sandbox/handlers.h"
#include "pam_idinqr/web/http_client.h"
#include "pam_idinqr/web/server.h"
#include "pam_idinqr/sandbox/settings_file.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int
complain(const char *what)
{
    fprintf(stderr, "idinqr-sandbox: %s: %s\n", what, strerror(errno));
    return IDQ_SYSTEM;
}

static int
complain_of_port(const struct options *options)
{
    fprintf(stderr, "idinqr-sandbox: %s port %u: %s\n", options->listen, options->port,
            strerror(errno));
    return IDQ_SYSTEM;
}

/* Where merchants and phones find it. An address that means "all of them" is not one to connect to:
 * this machine is then reached over its loopback. */
static int
set_urls(struct sandbox *sandbox, const struct options *options, unsigned port)
{
    const char *host = options->listen;

    if (strcmp(host, "0.0.0.0") == 0)
        host = "127.0.0.1";
    if (strcmp(host, "::") == 0)
        host = "::1";
    snprintf(sandbox->base_url, sizeof sandbox->base_url,
             strchr(host, ':') ? "https://[%s]:%u" : "https://%s:%u", host, port);
    snprintf(sandbox->public_url, sizeof sandbox->public_url, "%s",
             options->public_url ? options->public_url : sandbox->base_url);
    return page_style_hash(sandbox->style_hash);
}

static int
make_certificates(const struct sandbox *sandbox, const struct options *options,
                  struct certificates *ret_certificates)
{
    struct https_url url;

    if (https_url_parse(sandbox->public_url, strlen(sandbox->public_url), &url) < 0)
        return IDQ_CONFIG;
    return certificates_make((const char *const[]){options->listen, url.host, NULL},
                             ret_certificates);
}

/* A relay makes the hashes of its desks' maps, with a key that no desk has. */
static int
take_map_key(struct sandbox *sandbox, const struct state_dir *dir, struct diag *diag)
{
    char path[PATH_MAX];
    SECRET_AUTO *key = NULL;
    int error;

    if (!sandbox->is_relay)
        return 0;
    if (state_dir_path(dir, SETTINGS_RELAY_KEY, path) < 0) {
        diag_set_file(diag, dir->path, 0, "the path is too long");
        return IDQ_SYSTEM;
    }
    error = map_key_read_or_create(path, &key, diag);
    if (error == 0)
        memcpy(sandbox->map_key, secret_bytes(key), sizeof sandbox->map_key);
    return error;
}

/* Leaves in the directory what a module needs. */
static int
write_files(struct sandbox *sandbox, const struct options *options,
            const struct certificates *certificates, struct state_dir *dir)
{
    char line[DIAG_LINE_SIZE];
    struct diag diag;

    if (state_dir_open(options->dir, dir) < 0)
        return complain(options->dir ? options->dir : "a temporary directory");
    if (state_dir_path(dir, SETTINGS_CA_FILE, sandbox->relay_ca_file) < 0)
        return complain(dir->path);
    if (settings_file_check_dir(dir, &diag) < 0) {
        fprintf(stderr, "idinqr-sandbox: %s\n", diag_format(&diag, line));
        return IDQ_CONFIG;
    }
    /* idinqr.conf first: whatever comes after it is known by it at the next start. */
    if (settings_file_write(sandbox, dir, options->provider, options->agent) < 0 ||
        state_dir_write(dir, SETTINGS_CA_FILE, 0644, certificates->ca) < 0 ||
        (options->acquirer &&
         acquirer_api_write(sandbox, dir, certificates, options->acquirer) < 0))
        return complain(dir->path);
    if (take_map_key(sandbox, dir, &diag) < 0) {
        fprintf(stderr, "idinqr-sandbox: %s\n", diag_format(&diag, line));
        return IDQ_MAP;
    }
    for (size_t i = 0; i < options->n_enrollments; i++)
        if (enrollment_write(dir, sandbox->is_relay ? SETTINGS_RELAY_KEY : SETTINGS_KEY_FILE,
                             options->provider, sandbox->base_url, &options->enrollments[i],
                             &diag) < 0) {
            fprintf(stderr, "idinqr-sandbox: %s\n", diag_format(&diag, line));
            return IDQ_MAP;
        }
    if (!options->quiet)
        fprintf(stderr, "idinqr-sandbox: wrote %s/idinqr.conf\n", dir->path);
    return 0;
}

static int
handle(void *sandbox, struct http_request *request, struct http_reply *ret_reply,
       const char **ret_name)
{
    return routes_handle(sandbox, request, ret_reply, ret_name);
}

static void
tick(void *sandbox, int64_t now_ms)
{
    codes_tick(&((struct sandbox *)sandbox)->codes, now_ms);
}

static int64_t
next_ms(const void *sandbox)
{
    return codes_next_expiry_ms(&((const struct sandbox *)sandbox)->codes);
}

static int64_t
wall_clock_s(const void *sandbox)
{
    return sandbox_wall_clock_s(sandbox);
}

static void
stop(void *sandbox)
{
    ((struct sandbox *)sandbox)->stopping = 1;
}

/* Only the QR backend of a relay asks anyone. */
static int
poll_all(void *sandbox, struct pollfd *fds, unsigned n_fds, int timeout_ms)
{
    struct http_client *client = ((struct sandbox *)sandbox)->client;

    return client ? http_client_poll(client, fds, n_fds, timeout_ms) : poll(fds, n_fds, timeout_ms);
}

static int
use_client(struct sandbox *sandbox, const char *relay_url, struct http_client **ret_client)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(*ret_client = http_client_new()))
        return IDQ_SYSTEM;
    sandbox->relay_url = relay_url;
    sandbox->post = http_client_post;
    sandbox->client = *ret_client;
    return 0;
}

#define CONNECTIONS_MAX 900 /* a login holds one as long as it waits */

static int
serve(const struct options *options)
{
    SANDBOX_AUTO *sandbox = sandbox_new(server_now_ms());
    /* Freed before the sandbox, which has the slots of its calls. */
    __attribute__((cleanup(http_client_free))) struct http_client *client = NULL;
    CERTIFICATES_AUTO certificates = {.ca = NULL};
    STATE_DIR_AUTO dir = {.is_temporary = false};
    struct server_application application = {.context = sandbox,
                                             .name = options->quiet ? NULL : "idinqr-sandbox",
                                             .connections_max = CONNECTIONS_MAX,
                                             .handle = handle,
                                             .tick = tick,
                                             .next_ms = next_ms,
                                             .wall_clock_s = wall_clock_s,
                                             .poll = poll_all,
                                             .stop = stop};
    SERVER_AUTO *server = NULL;
    unsigned port;
    int stop_fd = server_open_signals();

    if (!sandbox || stop_fd < 0)
        return complain("start");
    int socket = server_listen(options->listen, options->port, &port);
    if (socket < 0)
        return complain_of_port(options);
    sandbox->faults = options->faults;
    sandbox->auto_person = options->auto_person;
    sandbox->auto_bank = options->auto_bank;
    sandbox->is_relay = options->is_relay;
    sandbox->asks_number = options->asks_number;
    sandbox->is_cm = options->is_cm;
    if (options->is_qr_backend && use_client(sandbox, options->acquirer, &client) < 0)
        return complain("libcurl");
    if (options->public_key && body_signer_use_ed25519(sandbox) < 0)
        return complain("Ed25519");
    errno = 0;
    if (options->acquirer && acquirer_api_open(sandbox) < 0)
        return complain("the acquirer's keys");
    if (set_urls(sandbox, options, port) < 0 ||
        make_certificates(sandbox, options, &certificates) < 0)
        return complain("TLS");
    application.certificate = certificates.server;
    application.key = certificates.server_key;
    if (server_start(&application, socket, &server) < 0)
        return complain("TLS");
    if (write_files(sandbox, options, &certificates, &dir) < 0)
        return IDQ_SYSTEM;

    printf("ready %s\n", sandbox->base_url);
    if (fflush(stdout) != 0)
        return complain("stdout");
    return server_run(server, stop_fd) < 0 ? complain("poll") : 0;
}

int
main(int argc, char **argv)
{
    pid_t parent = getppid();
    struct options options;

    switch (options_parse(argc, argv, &options)) {
    case OPTIONS_DONE:
        return 0;
    case OPTIONS_WRONG:
        return 2;
    case OPTIONS_RUN:
        break;
    }
    /* The parent may have exited before prctl() took effect. Then no signal would ever arrive. */
    if (options.exit_with_parent && (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent))
        return 1;
    return serve(&options) < 0 ? 1 : 0;
}
