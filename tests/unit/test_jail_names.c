/* SPDX-License-Identifier: BSD-3-Clause */
/* A backend's name is still found from inside the jail, by libcurl's thread and glibc's resolver,
 * from a name server that answers by UDP, or by TCP alone, or that the system reaches through
 * modules of its nsswitch.conf which the jail does not let in.
 *
 * In a network and a mount namespace of the test's own, in which 127.0.0.1:53 is ours: needs root.
 */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/fetch/transport.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/namespace.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/jail_trial.h"
#include "tests/unit/tls_peer.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HOST "backend.example"

static const char *
why_skip(void)
{
    if (jail_trial_why_not())
        return jail_trial_why_not();
    return namespace_why_not();
}

/* Puts a text in the place of a file of /etc, for this test. */
static void
replace_file(const char *dir, const char *name, const char *text)
{
    char *copy = scratch_path(dir, name), *path = scratch_path("/etc", name);

    scratch_write(copy, 0644, text);
    ck_assert_int_eq(mount(copy, path, "", MS_BIND, NULL), 0);
}

static int
listen_for_questions(int type)
{
    const struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int server = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    ck_assert_int_eq(bind(server, (const struct sockaddr *)&at, sizeof at), 0);
    if (type == SOCK_STREAM)
        ck_assert_int_eq(listen(server, 5), 0);
    return server;
}

/* Makes an answer of a question: 127.0.0.1 to who asks for an IPv4 address, else none. */
static size_t
answer(unsigned char *message, size_t size, int truncated)
{
    static const unsigned char address[] = {0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1};
    size_t end = 12;

    while (end < size && message[end] != 0)
        end += 1U + message[end];
    end += 5; /* the root, the type, the class */
    int is_ipv4 = message[end - 3] == 1;
    message[2] = truncated ? 0x83 : 0x81; /* an answer; recursion was desired */
    message[3] = 0x80;
    message[7] = is_ipv4 && !truncated;
    memset(message + 8, 0, 4); /* no further sections: the question's EDNS is cut off */
    if (!is_ipv4 || truncated)
        return end;
    memcpy(message + end, address, sizeof address);
    return end + sizeof address;
}

static void
answer_stream(int server)
{
    unsigned char message[600];
    int client = accept(server, NULL, NULL);
    ssize_t size;

    /* Two questions may come on one connection, each with its length before it. */
    while (recv(client, message, 2, MSG_WAITALL) == 2) {
        size = recv(client, message + 2, (size_t)(message[0] << 8 | message[1]), MSG_WAITALL);
        if (size < 17 || size > 300)
            break;
        size_t all = answer(message + 2, (size_t)size, 0);
        message[0] = (unsigned char)(all >> 8);
        message[1] = (unsigned char)all;
        if (send(client, message, all + 2, MSG_NOSIGNAL) < 0)
            break;
    }
    close(client);
}

static void
answer_datagram(int server, int truncated)
{
    unsigned char message[600];
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    ssize_t size = recvfrom(server, message, 300, 0, (struct sockaddr *)&from, &length);

    if (size >= 17)
        (void)sendto(server, message, answer(message, (size_t)size, truncated), 0,
                     (struct sockaddr *)&from, length);
}

/* Shared by the test, the name server and the jailed process. */
struct shared {
    volatile int n_questions, n_questions_of_first;
};

static struct shared *shared;
static long ahead_s; /* of the clocks that the libraries of this program read */

/* In libc's place, as tests/faults/wall_clock.c does. */
int
clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    int result = (int)syscall(SYS_clock_gettime, clock, ret_time);

    if (result == 0)
        ret_time->tv_sec += ahead_s;
    return result;
}

time_t
time(time_t *ret_time)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (ret_time)
        *ret_time = now.tv_sec;
    return now.tv_sec;
}

/* Starts a name server in a separate process, which ends with the test. */
static pid_t
start_name_server(int by_tcp_alone)
{
    struct pollfd servers[] = {{.fd = listen_for_questions(SOCK_DGRAM), .events = POLLIN},
                               {.fd = listen_for_questions(SOCK_STREAM), .events = POLLIN}};
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid > 0) {
        close(servers[0].fd);
        close(servers[1].fd);
        return pid;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (poll(servers, 2, -1) > 0) {
        shared->n_questions++;
        if (servers[0].revents)
            answer_datagram(servers[0].fd, by_tcp_alone);
        if (servers[1].revents)
            answer_stream(servers[1].fd);
    }
    _exit(0);
}

static const struct fetch_setup *
setup_for(const struct tls_peer *peer)
{
    static struct fetch_setup setup = {.n_ports = 1};

    snprintf(setup.ca_file, sizeof setup.ca_file, "%s", peer->ca_file);
    setup.ports[0] = peer->port;
    return &setup;
}

static int
ask(struct wire *wire, const void *argument)
{
    const struct fetch_setup *setup = argument;
    char url[100];
    const struct fetch_request request = {.url = url, .max_size = 1000, .timeout_ms = 30000};
    struct transport *transport = transport_new(setup, wire);
    RESPONSE_AUTO response = {0};
    int error;

    if (!transport)
        return 255;
    snprintf(url, sizeof url, "https://" HOST ":%u/", setup->ports[0]);
    error = transport_request(transport, &request, &response);
    shared->n_questions_of_first = shared->n_questions;
    /* Later in the same login. */
    ahead_s = 600;
    response_free(&response);
    return transport_request(transport, &request, &response) == error ? -error : 254;
}

static const struct {
    int by_tcp_alone;
    const char *hosts; /* of nsswitch.conf */
} machines[] = {
    {0, "hosts: files dns\n"},
    {1, "hosts: files dns\n"},
    {0, "hosts: files mdns4_minimal [NOTFOUND=return] resolve [!UNAVAIL=return] dns myhostname\n"},
};

TEST_CASE("names");

LOOP_TEST(a_name_is_found, ARRAY_LENGTH(machines))
{
    static const char *const answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"};
    struct tls_peer peer;
    struct jail_trial trial;
    char *dir = scratch_dir("names");

    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert(shared != MAP_FAILED);
    ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
    ck_assert_int_eq(mount("none", "/", "", MS_REC | MS_PRIVATE, NULL), 0);
    namespace_enter_network();
    replace_file(dir, "resolv.conf", "nameserver 127.0.0.1\n");
    replace_file(dir, "nsswitch.conf", machines[_i].hosts);
    pid_t name_server = start_name_server(machines[_i].by_tcp_alone);
    tls_peer_start(&peer, dir, answers, 1, 0);
    /* As main() does, before the jail closes. */
    ck_assert_int_eq(curl_global_init(CURL_GLOBAL_DEFAULT), 0);
    const struct fetch_setup *setup = setup_for(&peer);
    jail_trial_run(JAIL_NARROW, setup, ask, setup, &trial);
    /* The peer was reached; that its certificate is for another name is the end of that. */
    ck_assert_msg(trial.result == -IDQ_TLS && strstr(trial.line, HOST) != NULL, "%d, signal %d: %s",
                  trial.result, trial.signal, trial.line);
    /* The name is asked for once in a login: the resolv.conf of later may be out of reach. */
    ck_assert_int_gt(shared->n_questions_of_first, 0);
    ck_assert_int_eq(shared->n_questions, shared->n_questions_of_first);
    tls_peer_stop(&peer);
    ck_assert_int_eq(kill(name_server, SIGKILL), 0);
    ck_assert_int_eq(waitpid(name_server, NULL, 0), name_server);
}

RUN_TESTS("jail_names", why_skip());
