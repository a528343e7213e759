/* SPDX-License-Identifier: BSD-3-Clause */
/* Starts a third party's OpenID provider for one test (tests/e2e/oidc-provider), on loopback with
 * its own CA. Test code: an error of the harness fails the running test. */
#ifndef IDQ_TESTS_OIDC_PROVIDER_H
#define IDQ_TESTS_OIDC_PROVIDER_H

struct child;

struct oidc_provider {
    struct child *process;
    char *dir, *ca_file; /* kept (scratch.h) */
    char issuer[300];
};

/* `name`: of oidc-provider in package.json, or "glewlwyd"; or "cm" for CM.com's API. Returns when
 * it is ready. */
void oidc_provider_start(struct oidc_provider *ret_provider, const char *name);

/* Accepts one that was never started (zeroed). */
void oidc_provider_stop(struct oidc_provider *provider);

/* Returns why there are no packages, or NULL if there are. Static. */
const char *oidc_provider_why_not(void);

#endif
