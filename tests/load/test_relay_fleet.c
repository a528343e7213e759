/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs many logins at once at two real relays behind haproxy, with a database of PostgreSQL and its
 * synchronous replica. Meanwhile one relay is killed and comes back, the database is restarted, and
 * the replica takes the place of the database. Each login must be opened once, by its own person
 * and its own transaction. LOGINS in the environment sets their number (default: 30).
 *     make check-relay-fleet */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/sandbox/persons.h"
#include "tests/harness/fleet.h"
#include "tests/harness/postgres.h"
#include "tests/harness/proxy.h"
#include "tests/harness/relay_login.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#define LOGINS_MAX 500
#define PHONES     12 /* at a time */
#define CLIENTS    5000

struct trouble {
    const char *name;
    void (*begin)(void);
    long long at_ms;
};

static struct postgres_server *database, *replica;
static struct relay_server *other;
static struct proxy *proxy;
static struct fleet_login *logins; /* shared with all processes */
static int n_logins;

/* --- the fleet -------------------------------------------------------------------------------- */

static void
kill_relay(void)
{
    char *asked;

    relay_server_kill(other);
    asked = postgres_sql(postgres_uri(database, POSTGRES_RELAY),
                         "SELECT login FROM trx WHERE state = 1");
    for (int i = 0; i < n_logins; i++)
        logins[i].was_asked = strstr(asked, logins[i].code.id) != NULL;
}

/* As its supervisor does. */
static void
start_relay(void)
{
    relay_server_start(other);
}

static void
restart_database(void)
{
    postgres_server_stop(database);
    postgres_server_start(database);
}

static void
promote_replica(void)
{
    postgres_replica_promote(replica, database);
}

static struct trouble troubles[] = {{"a relay is killed by SIGKILL", kill_relay, 0},
                                    {"that relay is started", start_relay, 0},
                                    {"PostgreSQL is restarted", restart_database, 0},
                                    {"the replica is promoted", promote_replica, 0}};
#define TROUBLES ((int)ARRAY_LENGTH(troubles))

static pid_t
start(void (*be)(struct fleet_login *login), struct fleet_login *login)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        be(login);
    }
    return pid;
}

/* The number of events of each kind so far, after the next one. */
static int
next_event(char event)
{
    static int counts[256];
    struct pollfd pipe = {.fd = fleet_events[0], .events = POLLIN};
    unsigned char byte;

    ck_assert_msg(poll(&pipe, 1, FLEET_LOGIN_MS) == 1 && read(fleet_events[0], &byte, 1) == 1,
                  "%d codes were made, %d phones and %d desks have ended", counts[FLEET_CODE_MADE],
                  counts[FLEET_PHONE_ENDED], counts[FLEET_DESK_ENDED]);
    counts[byte]++;
    return counts[(unsigned char)event];
}

/* All codes are made before the first phone begins. A trouble comes after each fifth of the phones,
 * while others are under way. */
static void
run_all(void)
{
    int n_begun = 0, n_ended = 0, next = 0;

    for (int i = 0; i < n_logins; i++) {
        ck_assert_int_eq(pipe(logins[i].number), 0);
        logins[i].i = i;
        logins[i].code.desk = i % RELAY_DESKS;
        logins[i].desk = start(fleet_desk, &logins[i]);
    }
    while (next_event(FLEET_CODE_MADE) < n_logins)
        ;
    while (n_ended < n_logins) {
        for (; n_begun < n_logins && n_begun - n_ended < PHONES; n_begun++) {
            logins[n_begun].begin_ms = fleet_now_ms();
            logins[n_begun].phone = start(fleet_phone, &logins[n_begun]);
        }
        n_ended = next_event(FLEET_PHONE_ENDED);
        if (next < TROUBLES && n_ended > (next + 1) * n_logins / (TROUBLES + 1)) {
            troubles[next].at_ms = fleet_now_ms();
            troubles[next++].begin();
        }
    }
    ck_assert_int_eq(next, TROUBLES);
    for (int i = 0; i < n_logins; i++) {
        ck_assert_int_eq(waitpid(logins[i].phone, NULL, 0), logins[i].phone);
        ck_assert_int_eq(waitpid(logins[i].desk, NULL, 0), logins[i].desk);
    }
}

/* --- the result ------------------------------------------------------------------------------- */

struct counts {
    int all, opened, twice, mixed_up, lost, untold;
    long long longest_ms;
};

static unsigned char map_key[IDENTITY_KEY_SIZE];

static void
read_map_key(void)
{
    char *text = scratch_read(scratch_path(relay_server_dir(relay_here), "relay-map.key"));

    for (size_t i = 0; i < sizeof map_key; i++)
        ck_assert_int_eq(sscanf(text + 2 * i, "%2hhx", &map_key[i]), 1);
}

static bool
is_mixed_up(int i)
{
    char bin[PERSON_BIN_MAX + 1], hash[IDENTITY_HASH_SIZE];

    ck_assert_int_eq(person_bin(fleet_person(i), fleet_bank(i), bin), 0);
    ck_assert_int_eq(identity_hash(map_key, "idin-qr", "127.0.0.1", bin, hash), 0);
    return strcmp(logins[i].identity, hash) != 0 || logins[i].phone_trx[0] == '\0' ||
           strcmp(logins[i].desk_trx, logins[i].phone_trx) != 0;
}

/* No retry can finish this login: the identity was given away, and the answer that had it was lost
 * with the relay or the database. */
static bool
is_untold(int i)
{
    return logins[i].was_asked ||
           postgres_sql(postgres_uri(replica, POSTGRES_RELAY),
                        scratch_text("SELECT 1 FROM login WHERE id = '%s' AND state = 4",
                                     logins[i].code.id))[0] != '\0';
}

static void
count(int i, struct counts *counts)
{
    struct fleet_login *login = &logins[i];
    long long ms = login->end_ms - login->begin_ms;
    bool is_open = login->n_opened > 0;

    counts->all++;
    counts->opened += is_open;
    counts->mixed_up += is_open && is_mixed_up(i);
    counts->twice += login->n_opened > 1;
    counts->untold += !is_open && is_untold(i);
    counts->lost += !is_open && !is_untold(i);
    counts->longest_ms = ms > counts->longest_ms ? ms : counts->longest_ms;
}

static void
print_row(const char *name, const struct counts *counts)
{
    printf("%-30s %6d %6d %6d %8d %6d %12d %9.1f\n", name, counts->all, counts->opened,
           counts->twice, counts->mixed_up, counts->lost, counts->untold,
           (double)counts->longest_ms / 1000);
}

static void
print_table(struct counts *ret_all)
{
    printf("%-30s %6s %6s %6s %8s %6s %12s %9s\n", "while a phone was at work", "logins", "opened",
           "twice", "mixed up", "lost", "answer lost", "longest s");
    for (int k = 0; k < TROUBLES; k++) {
        struct counts counts = {.all = 0};
        for (int i = 0; i < n_logins; i++)
            if (logins[i].begin_ms <= troubles[k].at_ms && troubles[k].at_ms <= logins[i].end_ms)
                count(i, &counts);
        print_row(troubles[k].name, &counts);
    }
    for (int i = 0; i < n_logins; i++) {
        count(i, ret_all);
        if (logins[i].n_opened != 1)
            printf("# login %d: %s\n", i, logins[i].said);
    }
    print_row("all", ret_all);
    fflush(stdout); /* a test that fails exits at once */
}

/* Each desk asks again at the end. */
static void
ask_again(void)
{
    for (int i = 0; i < n_logins; i++)
        if (logins[i].n_opened > 0)
            logins[i].n_opened +=
                strncmp(relay_code_status(relay_here, &logins[i].code, 0, NULL), "success", 7) == 0;
}

static void
set_up(void)
{
    const char *text = getenv("LOGINS");

    n_logins = text ? atoi(text) : 30;
    ck_assert_msg(n_logins >= 30 && n_logins <= LOGINS_MAX, "LOGINS is 30 to %d", LOGINS_MAX);
    logins = mmap(NULL, sizeof *logins * LOGINS_MAX, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(logins, MAP_FAILED);
    ck_assert_int_eq(pipe(fleet_events), 0);
    database = postgres_server_new();
    replica = postgres_replica_new(database);
    proxy = proxy_new("haproxy");
    relay_here = relay_server_new(&(struct relay_options){
        .database = scratch_text("postgresql://" POSTGRES_RELAY "@127.0.0.1:%u,127.0.0.1:%u/idinqr",
                                 postgres_port(database), postgres_port(replica)),
        .general = "behind_proxy = yes\ncodes_per_desk = 0\ncodes_in_all = 0",
        .proxy_port = proxy_port(proxy)});
    other = relay_server_new_beside(relay_here);
    proxy_start(proxy, relay_here, other, CLIENTS);
    read_map_key();
}

static void
tear_down(void)
{
    proxy_free(&proxy);
    relay_server_free(&other);
    relay_login_end();
    postgres_server_free(&replica);
    postgres_server_free(&database);
}

TEST_CASE("relay_fleet", .setup = set_up, .teardown = tear_down, .timeout_s = 900);

TEST(at_once)
{
    struct counts all = {.all = 0};

    run_all();
    ask_again();
    print_table(&all);
    ck_assert_int_eq(all.opened + all.untold, n_logins);
    ck_assert_int_eq(all.twice, 0);
    ck_assert_int_eq(all.mixed_up, 0);
    ck_assert_int_eq(all.lost, 0);
}

static const char *
why_not(void)
{
    const char *reason = postgres_why_not();

    return reason ? reason : proxy_why_not("haproxy");
}

RUN_TESTS("relay_fleet", why_not());
