/* SPDX-License-Identifier: BSD-3-Clause */
/* See proxy.h. */
#include "tests/harness/proxy.h"

#include "pam_idinqr/common/array.h"
#include "tests/harness/child.h"
#include "tests/harness/deadline.h"
#include "tests/harness/http_client.h"
#include "tests/harness/relay.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_MS 60000
#define STOP_MS  60000
#define AGAIN_MS 20

struct proxy {
    const char *name;
    struct child *child;
    char *dir;
    unsigned port;
    int port_holder;
};

bool
proxy_is_haproxy(const struct proxy *proxy)
{
    return strcmp(proxy->name, "haproxy") == 0;
}

const char *
proxy_why_not(const char *name)
{
    if (geteuid() != 0)
        return "needs root";
    if (access(scratch_text("/usr/sbin/%s", name), X_OK) != 0)
        return strcmp(name, "nginx") == 0 ? "nginx is not installed" : "haproxy is not installed";
    return NULL;
}

struct proxy *
proxy_new(const char *name)
{
    struct proxy *proxy = calloc(1, sizeof *proxy);

    ck_assert_ptr_nonnull(proxy);
    proxy->name = name;
    proxy->dir = scratch_dir(name);
    proxy->port_holder = relay_bind(0, &proxy->port);
    ck_assert_int_ge(proxy->port_holder, 0);
    return proxy;
}

unsigned
proxy_port(const struct proxy *proxy)
{
    return proxy->port;
}

/* Replaces every place of a text that must be there. Kept. */
static char *
replace_all(const char *text, const char *old, const char *new)
{
    char *result = scratch_text("%s", "");
    const char *at = strstr(text, old);

    ck_assert_msg(at != NULL, "no %s in:\n%s", old, text);
    for (; at; at = strstr(text, old)) {
        result = scratch_text("%s%.*s%s", result, (int)(at - text), text, new);
        text = at + strlen(old);
    }
    return scratch_text("%s%s", result, text);
}

static char *
address_of(const struct relay_server *server)
{
    return scratch_text("127.0.0.1:%u", relay_server_port(server));
}

/* What an administrator fills in. The certificates are of localhost. */
static char *
fill_in(const struct proxy *proxy, const char *example, const struct relay_server *first,
        const struct relay_server *second, unsigned clients_most)
{
    char *text = replace_all(example, "192.0.2.11:8443", address_of(first));

    text = replace_all(text, "192.0.2.12:8443", address_of(second));
    text = replace_all(text, scratch_text("/etc/%s/relays.pem", proxy->name),
                       relay_server_ca_file(first));
    text = replace_all(text, scratch_text("/etc/%s/desk.example.nl", proxy->name),
                       scratch_path(proxy->dir, "server"));
    if (clients_most)
        text = replace_all(text, "500", scratch_text("%u", clients_most));
    if (clients_most && proxy_is_haproxy(proxy))
        text = replace_all(text, "gt 1000", scratch_text("gt %u", 100 * clients_most));
    return replace_all(text, "desk.example.nl", "localhost");
}

static void
write_haproxy(const struct proxy *proxy, const char *text, const char *certificate, const char *key)
{
    scratch_write(scratch_path(proxy->dir, "server.pem"), 0600,
                  scratch_text("%s%s", certificate, key));
    text = replace_all(text, "bind :443", scratch_text("bind 127.0.0.1:%u", proxy->port));
    text = replace_all(text, "log /dev/log local0", "log stderr format raw local0");
    scratch_write(scratch_path(proxy->dir, "conf"), 0600, text);
}

/* As Debian's nginx.conf does, but for its directories. */
static void
write_nginx(const struct proxy *proxy, const char *text, const char *certificate, const char *key)
{
    static const char *const bodies[] = {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"};
    char *main = scratch_text("pid %s/pid;\ndaemon off;\nerror_log stderr;\n"
                              "events { worker_connections 4096; }\n"
                              "http {\naccess_log %s/debian.log;\ninclude %s/idinqr-relay.conf;\n",
                              proxy->dir, proxy->dir, proxy->dir);

    for (size_t i = 0; i < ARRAY_LENGTH(bodies); i++)
        main = scratch_text("%s%s_temp_path %s/%s;\n", main, bodies[i], proxy->dir, bodies[i]);
    scratch_write(scratch_path(proxy->dir, "conf"), 0600, scratch_text("%s}\n", main));
    scratch_write(scratch_path(proxy->dir, "server.pem"), 0600, certificate);
    scratch_write(scratch_path(proxy->dir, "server.key"), 0600, key);
    text =
        replace_all(text, "listen 443 ssl", scratch_text("listen 127.0.0.1:%u ssl", proxy->port));
    text = replace_all(text, "/var/log/nginx", proxy->dir);
    scratch_write(scratch_path(proxy->dir, "idinqr-relay.conf"), 0600, text);
}

static void
wait_until_ready(struct proxy *proxy, const struct relay_server *relay)
{
    struct deadline deadline = deadline_in(START_MS);
    struct http_client *client = http_client_new(relay_server_ca_file(relay), NULL);
    char *url = scratch_text("https://127.0.0.1:%u/healthz/ready", proxy->port);
    long status;

    do {
        HTTP_ANSWER_AUTO answer = {0};
        (void)http_request(client, "GET", url, NULL, NULL, &answer);
        status = answer.status;
        ck_assert_msg(deadline_left(deadline, AGAIN_MS) > 0, "%s did not start: %s\n%s",
                      proxy->name, answer.error, proxy_log(proxy));
        if (status != 200)
            poll(NULL, 0, AGAIN_MS);
    } while (status != 200);
    http_client_free(&client);
}

void
proxy_start(struct proxy *proxy, const struct relay_server *first,
            const struct relay_server *second, unsigned clients_most)
{
    char *conf = scratch_path(proxy->dir, "conf"), *dir = scratch_path(relay_server_dir(first), "");
    char *example = scratch_read(proxy_is_haproxy(proxy) ? SOURCE_DIR "/conf/proxy/haproxy.cfg"
                                                         : SOURCE_DIR "/conf/proxy/nginx.conf");
    char *text = fill_in(proxy, example, first, second, clients_most);
    const char *const haproxy[] = {"/usr/sbin/haproxy", "-db", "-f", conf, NULL};
    const char *const nginx[] = {"/usr/sbin/nginx", "-e", "stderr", "-c", conf, NULL};

    (proxy_is_haproxy(proxy) ? write_haproxy
                             : write_nginx)(proxy, text, scratch_read(scratch_path(dir, "tls.pem")),
                                            scratch_read(scratch_path(dir, "tls.key")));
    proxy->child = child_start(proxy_is_haproxy(proxy) ? haproxy : nginx,
                               scratch_path(proxy->dir, "stderr.log"));
    wait_until_ready(proxy, first);
}

char *
proxy_log(const struct proxy *proxy)
{
    static const char *const names[] = {"stderr.log", "debian.log", "idinqr-relay.log",
                                        "idinqr-relay.error.log"};
    char *all = scratch_text("%s", "");

    for (size_t i = 0; i < (proxy_is_haproxy(proxy) ? 1 : ARRAY_LENGTH(names)); i++) {
        char *path = scratch_path(proxy->dir, names[i]);
        if (access(path, F_OK) == 0)
            all = scratch_text("%s%s", all, scratch_read(path));
    }
    return all;
}

void
proxy_stop(struct proxy *proxy)
{
    (void)child_stop(&proxy->child, STOP_MS);
}

void
proxy_free(struct proxy **proxy)
{
    struct proxy *old = *proxy;

    if (!old)
        return;
    proxy_stop(old);
    close(old->port_holder);
    free(old);
    *proxy = NULL;
}
