/* SPDX-License-Identifier: BSD-3-Clause */
/* See fleet.h. */
#include "tests/harness/fleet.h"

#include "tests/harness/deadline.h"
#include "tests/harness/http_client.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LIFETIME_S 850
#define WAIT_S     25   /* an agent's long_poll */
#define AGAIN_MS   1000 /* between a refusal and the next try */
#define PERSONS    4    /* with a BIN; at each of the banks another one */
#define BANKS      5

int fleet_events[2];

static void
tell(char event)
{
    ck_assert_int_eq(write(fleet_events[1], &event, 1), 1);
}

long long
fleet_now_ms(void)
{
    return deadline_in(0).at_ms;
}

/* Whether the next try may succeed. */
static bool
is_refused_for_now(long status)
{
    return status == 0 || status == 409 || status == 429 || status >= 500;
}

const struct person *
fleet_person(int i)
{
    return person_at((size_t)(i % PERSONS));
}

const struct bank *
fleet_bank(int i)
{
    return bank_at((size_t)(i / PERSONS % BANKS));
}

/* --- a desk ----------------------------------------------------------------------------------- */

_Noreturn static void
end_desk(struct fleet_login *login, const char *said)
{
    snprintf(login->said, sizeof login->said, "%s", said);
    login->end_ms = fleet_now_ms();
    tell(FLEET_DESK_ENDED);
    _exit(0);
}

/* Asks until an answer comes from a relay. The caller frees it. */
static json_t *
ask(struct fleet_login *login, struct http_client *client, const char *path, const json_t *request)
{
    struct deadline deadline = deadline_in(FLEET_LOGIN_MS);
    json_t *answer;
    long status;

    while ((status = relay_server_ask(relay_here, client, login->code.desk, path,
                                      json_deep_copy(request), &answer)) != 200) {
        json_decref(answer);
        if (!is_refused_for_now(status) || deadline_left(deadline, 1) == 0)
            end_desk(login, scratch_text("%s: HTTP %ld", path, status));
        poll(NULL, 0, AGAIN_MS);
    }
    return answer;
}

static void
copy_member(const json_t *answer, const char *name, char *ret_text, size_t size)
{
    const char *text = json_string_value(json_object_get(answer, name));

    snprintf(ret_text, size, "%s", text ? text : "");
}

static void
read_number(struct fleet_login *login, char ret_number[7])
{
    struct pollfd pipe = {.fd = login->number[0], .events = POLLIN};

    memset(ret_number, 0, 7);
    if (poll(&pipe, 1, FLEET_LOGIN_MS) != 1 || read(pipe.fd, ret_number, 6) != 6)
        end_desk(login, "the phone has no number");
}

void
fleet_desk(struct fleet_login *login)
{
    struct http_client *client = http_client_new(relay_server_ca_file(relay_here), NULL);
    char number[7] = "", status[20] = "";
    json_t *answer =
        ask(login, client, "/desk/v1/generate",
            json_pack("{s:s, s:i, s:s, s:s, s:s, s:s}", "expiration", relay_time_in(LIFETIME_S),
                      "idin_service_id", 16384, "nonce", RELAY_NONCE, "station", "Balie", "service",
                      "sudo", "account", "alice"));

    copy_member(answer, "qr_id", login->code.id, sizeof login->code.id);
    copy_member(answer, "qr_payload", login->code.link, sizeof login->code.link);
    tell(FLEET_CODE_MADE);
    for (;;) {
        bool has_number = number[0] != '\0';
        answer = ask(login, client, "/desk/v1/status",
                     json_pack("{s:s, s:i, s:s, s:s*}", "qr_id", login->code.id, "wait", WAIT_S,
                               "nonce", RELAY_NONCE, "number", has_number ? number : NULL));
        copy_member(answer, "status", status, sizeof status);
        if (strcmp(status, "number") == 0 && !has_number)
            read_number(login, number);
        else if (strcmp(status, "open") != 0 && strcmp(status, "pending") != 0)
            break;
        json_decref(answer);
    }
    copy_member(answer, "identity", login->identity, sizeof login->identity);
    copy_member(answer, "transaction_id", login->desk_trx, sizeof login->desk_trx);
    login->n_opened += strcmp(status, "success") == 0;
    end_desk(login, status);
}

/* --- a phone ---------------------------------------------------------------------------------- */

_Noreturn static void
end_phone(struct fleet_login *login, struct phone *phone, const char *what)
{
    snprintf(login->said, sizeof login->said, "%s: %ld %.120s", what, phone_status(phone),
             phone_text(phone));
    tell(FLEET_PHONE_ENDED);
    _exit(0);
}

/* Until a bank is chosen. A refusal costs a transaction at most. */
static void
go_to_bank(struct fleet_login *login, struct phone *phone, const char *bic)
{
    struct deadline deadline = deadline_in(FLEET_LOGIN_MS);

    for (;;) {
        long status = phone_open(phone, login->code.link);
        if (status == 200 && phone_choose(phone, bic) == 0)
            status = phone_press(phone, NULL);
        if (status == 200 && phone_follow(phone, "Continue") == 200)
            return;
        if (!is_refused_for_now(status) || deadline_left(deadline, 1) == 0)
            end_phone(login, phone, "on the way to the bank");
        poll(NULL, 0, AGAIN_MS);
    }
}

void
fleet_phone(struct fleet_login *login)
{
    struct phone *phone = relay_server_phone(relay_here);
    struct deadline deadline = deadline_in(FLEET_LOGIN_MS);
    char number[7];
    const char *trx;
    long status;

    go_to_bank(login, phone, fleet_bank(login->i)->bic);
    relay_phone_at_bank(phone, fleet_person(login->i)->id, "approve");
    status = relay_phone_return(phone);
    trx = strstr(phone_url(phone), "trxid=");
    snprintf(login->phone_trx, sizeof login->phone_trx, "%.*s",
             trx ? (int)strcspn(trx + 6, "&") : 0, trx ? trx + 6 : "");
    while (status != 200 || phone_number(phone, number) != 0) {
        if ((status != 200 && !is_refused_for_now(status)) || deadline_left(deadline, 1) == 0)
            end_phone(login, phone, "back from the bank");
        poll(NULL, 0, AGAIN_MS);
        status = phone_open(phone, scratch_text("%s", phone_url(phone)));
    }
    ck_assert_int_eq(write(login->number[1], number, 6), 6);
    tell(FLEET_PHONE_ENDED);
    _exit(0);
}
