/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/sample_config.h"

#include "tests/harness/scratch.h"
#include "tests/unit/diag_line.h"

#include <check.h>
#include <stdio.h>

struct config *
sample_config(const char *dir, const char *lines)
{
    struct config *config;
    struct diag diag;
    char *path = scratch_path(dir, "idinqr.conf"), *text;

    text = scratch_text("provider = idin-qr\n"
                        "map = %s/idinqr.map\n"
                        "key = %s/idinqr.key\n"
                        "tries_file = %s/idinqr.tries\n"
                        "%s\n"
                        "[idin-qr]\n"
                        "qr_backend_url = https://backend.example/generate\n"
                        "merchant_token = 2c3a2f3e-token\n"
                        "signing_key = the-signing-key\n"
                        "status_url = https://status.example/status\n"
                        "qr_hosts = qr.example\n",
                        dir, dir, dir, lines);
    scratch_write(path, 0600, text);
    ck_assert_msg(config_load(path, "test", &config, &diag) == 0, "%s", diag_line(&diag));
    return config;
}
