/* SPDX-License-Identifier: BSD-3-Clause */
/* The probe of `idinqr check`, with agents that are played: what it makes of what they say, how
 * long it listens, and that they get no secret. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/tool/probe.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/fake_agents.h"
#include "tests/unit/sample_config.h"
#include "tests/unit/diag_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
probe(const char *words, const char *keyword, struct probe_report *ret_report)
{
    char *agent = fake_agents_make(words), *dir = scratch_dir("probe"), *lines;
    CONFIG_AUTO *config = NULL;
    int i, result;

    lines = scratch_text("agent = %s", agent);
    config = sample_config(dir, lines);
    i = keyword ? setting_find(config->provider->settings, keyword) : -1;
    result = probe_run_agent(config, i < 0 ? NULL : &config->provider->settings[i], ret_report);
    return result;
}

/* The agent's words, and the probe's result. */
static const struct {
    const char *words;
    int result;
    const char *diag, *jail;
} probes[] = {
    {"start+refused", IDQ_REFUSED, "", ""},
    {"start+note+warn+refused", IDQ_REFUSED, "the backend is slow", "a note"},
    /* Nothing that opens a login is an answer, nor is what no probe asks for. */
    {"start+result", IDQ_AGENT, "", ""},
    {"start+result-more", IDQ_AGENT, "", ""},
    {"start+state", IDQ_AGENT, "", ""},
    {"start+qr", IDQ_AGENT, "", ""},
    {"start+start-back", IDQ_AGENT, "", ""},
    {"start+unknown", IDQ_AGENT, "", ""},
    {"start+key+probed", IDQ_AGENT, "", ""},
    {"start+close", IDQ_AGENT, "", ""},
    {"start+exit3", IDQ_AGENT, "the agent exited with status 3", ""},
    /* It does not listen for ever. */
    {"start+flood+hang", IDQ_AGENT, "the agent did not exit by itself", "a note"},
};

TEST_CASE("agents");

LOOP_TEST(what_an_agent_says, ARRAY_LENGTH(probes))
{
    struct probe_report report;

    ck_assert_int_eq(probe(probes[_i].words, NULL, &report), probes[_i].result);
    ck_assert_str_eq(diag_line(&report.diag), probes[_i].diag);
    ck_assert_str_eq(report.jail.text, probes[_i].jail);
}

TEST(no_secret_is_sent)
{
    struct probe_report report;

    ck_assert_int_eq(probe("start+echo+refused", "status_url", &report), IDQ_REFUSED);
    ck_assert_msg(strstr(report.jail.text, " station= ") &&
                      strstr(report.jail.text, " n=1 token= last=status_url"),
                  "%s", report.jail.text);
}

static const struct {
    const char *words;
    int result;
    size_t n_keys;
} fetches[] = {
    {"start+key+key+probed", 0, 2},
    {"start+keys+probed", 0, KEY_SET_KEYS_MAX},
    {"start+keys+key+probed", IDQ_AGENT, 0}, /* one more than there may be */
    {"start+bad-key+probed", IDQ_AGENT, 0},
    {"start+key+close", IDQ_AGENT, 0},
    {"start+key+refused", IDQ_REFUSED, 0},
    {"start+probed", IDQ_AGENT, 0}, /* no keys are no success */
    {"start+result", IDQ_AGENT, 0},
};

LOOP_TEST(keys_that_are_fetched, ARRAY_LENGTH(fetches))
{
    char *agent = fake_agents_make(fetches[_i].words), *dir = scratch_dir("probe"), *lines;
    struct key_message *keys = calloc(KEY_SET_KEYS_MAX, sizeof *keys);
    struct probe_report report;
    size_t n_keys = 0;

    lines = scratch_text("agent = %s", agent);
    CONFIG_AUTO *config = sample_config(dir, lines);
    ck_assert_int_eq(probe_fetch_keys(config, keys, &n_keys, &report), fetches[_i].result);
    if (fetches[_i].result == 0)
        ck_assert_uint_eq(n_keys, fetches[_i].n_keys);
    free(keys);
}

RUN_TESTS("probe", agent_user_why_not());
