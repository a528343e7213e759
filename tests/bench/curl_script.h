/* SPDX-License-Identifier: BSD-3-Clause */
/* Measures curl(1), for comparison: one process makes given requests one after the other and
 * discards the answers. It trusts a sandbox's CA, as the agent does. The requests are in a file,
 * because they contain secrets. Test code: runs as the user who runs the bench. An error fails the
 * running test. */
#ifndef IDQ_BENCH_CURL_SCRIPT_H
#define IDQ_BENCH_CURL_SCRIPT_H

#include "tests/harness/child.h"

struct curl_script;

struct curl_request {
    const char *url;
    const char *body; /* NULL: a GET */
    const char *content_type;
    const char *authorization; /* the value of the header; NULL for none */
};

struct curl_script *curl_script_new(const char *ca_file);
void curl_script_free(struct curl_script **script);

/* One more request, at the end. The strings are copied. */
void curl_script_add(struct curl_script *script, const struct curl_request *request);

/* Runs it: from the start of the process to its end. Every request must be answered with success.
 */
double curl_script_run_ms(const struct curl_script *script);

/* Starts it in the background, at most as many requests as `rate` says ("6/h"): it has the answer
 * to the first, and waits. Ended and freed by the caller with child_stop. */
struct child *curl_script_start(const struct curl_script *script, const char *rate);

/* Makes one request with a separate curl. Returns the answer's body, a string that the caller
 * frees. */
char *curl_ask(const char *ca_file, const struct curl_request *request);

#endif
