/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes a CA and a server certificate in memory each time a sandbox starts. Only the CA's
 * certificate leaves the process: certificates_make destroys its key before it returns. */
#ifndef IDQ_SANDBOX_CERTIFICATES_H
#define IDQ_SANDBOX_CERTIFICATES_H

#define CERTIFICATE_DAYS 30

/* PEM, owned; freed and wiped by certificates_free. */
struct certificates {
    char *ca;
    char *server;
    char *server_key;
};

/* A server certificate for localhost, 127.0.0.1, ::1 and the names and numeric addresses in
 * `hosts`, which ends with NULL. 0 or IDQ_SYSTEM. */
int certificates_make(const char *const *hosts, struct certificates *ret_certificates);

void certificates_free(struct certificates *certificates);

#define CERTIFICATES_AUTO __attribute__((cleanup(certificates_free))) struct certificates

#endif
