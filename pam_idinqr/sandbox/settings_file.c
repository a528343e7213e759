/* See settings_file.h. */
#include "pam_idinqr/sandbox/settings_file.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/sandbox/merchant_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What qr_hosts is to hold: the URL without its scheme. */
static const char *
host_and_port(const char *url)
{
    return url + strlen("https://");
}

int
settings_file_write(const struct sandbox *sandbox, const struct state_dir *dir, const char *agent)
{
    char key_hex[2 * SANDBOX_SIGNING_KEY + 1];
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    if (!file)
        return IDQ_SYSTEM;
    fputs("# Written by idinqr-sandbox(1) at its start. The QR backend is a sandbox: whoever can "
          "open\n"
          "# its pages can be any of its test persons.\n"
          "provider = idin-qr\n"
          "station = Sandbox\n",
          file);
    fprintf(file, "map = %s/" SETTINGS_MAP_FILE "\n", dir->path);
    fprintf(file, "key = %s/" SETTINGS_KEY_FILE "\n", dir->path);
    fprintf(file, "ca_file = %s/" SETTINGS_CA_FILE "\n", dir->path);
    if (agent)
        fprintf(file, "agent = %s\n", agent);

    token_to_hex(sandbox->signing_key, sizeof sandbox->signing_key, key_hex);
    fprintf(file,
            "\n[idin-qr]\n"
            "qr_backend_url = %s" MERCHANT_GENERATE_PATH "\n"
            "merchant_token = %s\n"
            "merchant_sub_id = 0\n"
            "signing_key = %s\n"
            "signing_key_encoding = hex\n"
            "status_url = %s" MERCHANT_STATUS_PATH "\n"
            "cancel_url = %s" MERCHANT_CANCEL_PATH "\n"
            "qr_hosts = %s\n"
            "long_poll = 25\n"
            "poll_interval = 1\n",
            sandbox->base_url, sandbox->merchant_token, key_hex, sandbox->base_url,
            sandbox->base_url, host_and_port(sandbox->public_url));
    secret_wipe(key_hex, sizeof key_hex);

    int error = fclose(file) == 0 ? state_dir_write(dir, "idinqr.conf", 0600, text) : IDQ_SYSTEM;
    if (text)
        secret_wipe(text, size);
    free(text);
    return error;
}
