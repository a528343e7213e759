/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests which files and ports a login's SETUP opens in the fetch process's jail. If the jail
 * refuses a port, connect(2) fails with EACCES. If the port is open but has no listener, it fails
 * with another error. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/jail/landlock.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/jail_trial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct fetch_setup setup;

static void
set_up(void)
{
    setup = (struct fetch_setup){.n_ports = 2, .ports = {443, 8443}};
}

static int
connect_to(struct wire *wire, const void *argument)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(*(const uint16_t *)argument),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    (void)wire;
    return connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&to, sizeof to) < 0 ? errno
                                                                                           : 0;
}

static const struct {
    const char *proxy;
    uint16_t port;
    int open;
} ports[] = {
    {"", 443, 1},
    {"", 8443, 1},
    {"", 53, 1},
    {"", 4, 0},
    {"", 22, 0},
    {"", 80, 0},
    {"", 1080, 0},
    /* All goes through a proxy, and then to no other port. */
    {"http://proxy.example:3128", 3128, 1},
    {"http://proxy.example:3128", 53, 1},
    {"http://proxy.example:3128", 443, 0},
    {"http://proxy.example:3128", 8443, 0},
    {"proxy.example:3128", 3128, 1},
    {"http://user:secret@[::1]:3128/", 3128, 1},
    {"http://proxy.example", 1080, 1},
    {"http://proxy.example", 80, 0},
    {"https://proxy.example", 443, 1},
    {"https://proxy.example", 1080, 0},
    {"socks5h://proxy.example:9050", 9050, 1},
    {"http://[not a proxy", 1080, 0},
};

TEST_CASE("list", .setup = set_up);

LOOP_TEST(ports_of_the_urls_or_of_the_proxy, ARRAY_LENGTH(ports),
          .why_not = landlock_abi() >= 4 ? NULL : "this kernel's Landlock has no rules for ports")
{
    struct jail_trial trial;

    strcpy(setup.proxy, ports[_i].proxy);
    jail_trial_run(JAIL_NARROW, &setup, connect_to, &ports[_i].port, &trial);
    ck_assert_msg((trial.result != EACCES) == ports[_i].open && trial.result >= 0,
                  "port %u by proxy \"%s\": %d", ports[_i].port, ports[_i].proxy, trial.result);
}

static int
read_file(struct wire *wire, const void *argument)
{
    (void)wire;
    return open(argument, O_RDONLY | O_CLOEXEC) < 0 ? errno : 0;
}

static void
must_be_readable(const char *path, int readable)
{
    struct jail_trial outside, inside;

    jail_trial_run(JAIL_OUTSIDE, &setup, read_file, path, &outside);
    jail_trial_run(JAIL_NARROW, &setup, read_file, path, &inside);
    /* A machine need not have them all. */
    ck_assert_msg(inside.result == (readable ? outside.result : EACCES), "%s: %d, outside %d", path,
                  inside.result, outside.result);
}

TEST(files_of_tls_and_the_resolver)
{
    static const char *const open_to_it[] = {"/etc/ssl/certs/ca-certificates.crt",
                                             "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf",
                                             "/dev/urandom"};
    static const char *const closed[] = {"/etc/passwd", "/etc/localtime", "/dev/null", "/bin/true",
                                         "/proc/self/status"};

    for (size_t i = 0; i < ARRAY_LENGTH(open_to_it); i++)
        must_be_readable(open_to_it[i], 1);
    for (size_t i = 0; i < ARRAY_LENGTH(closed); i++)
        must_be_readable(closed[i], access(closed[i], F_OK) != 0);
}

TEST(the_ca_file_of_the_configuration)
{
    char *dir = scratch_dir("ca"), *ca_file = scratch_path(dir, "ca.pem"),
         *beside = scratch_path(dir, "other.pem"), *other_name = scratch_path(dir, "link.pem");

    scratch_write(ca_file, 0644, "");
    scratch_write(beside, 0644, "");
    ck_assert_int_eq(symlink("ca.pem", other_name), 0);
    must_be_readable(ca_file, 0);
    strcpy(setup.ca_file, other_name);
    must_be_readable(other_name, 1);
    must_be_readable(ca_file, 1);
    must_be_readable(beside, 0);
}

static const char *
why_skip(void)
{
    if (jail_trial_why_not())
        return jail_trial_why_not();
    return landlock_abi() == 0 ? "this kernel has no Landlock" : NULL;
}

RUN_TESTS("jail_list", why_skip());
