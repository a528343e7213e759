/* SPDX-License-Identifier: BSD-3-Clause */
/* A CA and a server certificate, made afresh in memory each time a sandbox starts. Only the CA's
 * certificate ever leaves the process: its key is gone when certificates_make returns. */
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
