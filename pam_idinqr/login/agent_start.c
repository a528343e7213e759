/* SPDX-License-Identifier: BSD-3-Clause */
/* The application runs this, often as root. */
#include "pam_idinqr/login/agent_start.h"

#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/trusted_file.h"
#include "pam_idinqr/wire/frame.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Returns 0, or -1 if it is too long. */
static int
put_beside(const char *agent, const char *name, char ret_path[AGENT_PATH_SIZE])
{
    const char *slash = strrchr(agent, '/');
    int length =
        slash ? snprintf(ret_path, AGENT_PATH_SIZE, "%.*s/%s", (int)(slash - agent), agent, name)
              : -1;

    return length < 0 || length >= AGENT_PATH_SIZE ? -1 : 0;
}

int
agent_start_find(const struct config *config, struct agent_files *ret_files, struct diag *ret_diag)
{
    const char *agent = config->agent;

    if (put_beside(agent, "idinqr-fetch", ret_files->fetch) != 0 ||
        put_beside(agent, "idinqr-picture", ret_files->picture) != 0) {
        diag_set(ret_diag, "the path of the agent is too long");
        return IDQ_CONFIG;
    }
    ret_files->paths = (struct agent_paths){.agent = agent, .fetch = ret_files->fetch};
    if (config->provider->has_pictures && !config->settings.idin_qr.is_relay)
        ret_files->paths.picture = ret_files->picture;
    return 0;
}

int
agent_start(const struct config *config, struct agent_process *ret_agent, struct diag *ret_diag)
{
    struct agent_files files;
    int error = agent_start_find(config, &files, ret_diag);

    /* A relay sends pictures only if a QR backend makes its codes. */
    if (!error && config->settings.idin_qr.is_relay &&
        faccessat(AT_FDCWD, files.picture, F_OK, AT_EACCESS) == 0)
        files.paths.picture = files.picture;
    return error ? error : agent_process_start(&files.paths, ret_agent, ret_diag);
}

int
agent_start_read_keys(const char *path, char ret_key_set[KEY_SET_MAX + 1], struct diag *ret_diag)
{
    SECRET_AUTO *content = NULL;

    ret_key_set[0] = '\0';
    if (path[0] == '\0')
        return 0;
    content = trusted_file_load(path, TRUSTED_FILE_OPEN_TEXT, KEY_SET_MAX, ret_diag);
    if (!content)
        return IDQ_CONFIG;
    if (memchr(secret_bytes(content), 0, secret_size(content))) {
        diag_set_file(ret_diag, path, 0, "has a zero byte in it");
        return IDQ_CONFIG;
    }
    memcpy(ret_key_set, secret_bytes(content), secret_size(content) + 1);
    return 0;
}

int
agent_start_fill(const struct config *config, enum text_language language,
                 struct start_message *start)
{
    int failed = 0;

    failed |= copy_text(start->provider, sizeof start->provider, config->provider->name) != 0;
    failed |= copy_text(start->language, sizeof start->language, text_language_code(language)) != 0;
    failed |= copy_text(start->ca_file, sizeof start->ca_file, config->ca_file) != 0;
    failed |= copy_text(start->pin_sha256, sizeof start->pin_sha256, config->pin_sha256) != 0;
    failed |= copy_text(start->proxy, sizeof start->proxy, config->proxy) != 0;
    return failed ? IDQ_CONFIG : 0;
}

int
agent_start_add(const char *keyword, const char *value, struct start_message *start)
{
    size_t i = start->n_settings++;

    return copy_text(start->settings[i].keyword, sizeof start->settings[i].keyword, keyword) != 0 ||
                   copy_text(start->settings[i].value, sizeof start->settings[i].value, value) != 0
               ? IDQ_CONFIG
               : 0;
}

int
agent_start_send(const struct start_message *start, int socket)
{
    FRAME_AUTO frame;

    message_write_start(&frame, start);
    return frame.broken ? IDQ_CONFIG : frame_send(&frame, socket);
}

/* What a person can compare on the phone. No other backend needs to know it. */
static int
describe(const struct agent_login *login, struct start_message *start)
{
    return copy_text(start->service, sizeof start->service, login->service) != 0 ||
                   copy_text(start->account, sizeof start->account,
                             login->account ? login->account : "") != 0
               ? IDQ_CONFIG
               : 0;
}

int
agent_send_start(const struct config *config, const struct agent_login *login, int socket,
                 struct diag *ret_diag)
{
    const struct setting *setting = config->provider->settings;
    SECRET_AUTO *memory = secret_new(sizeof(struct start_message));
    struct start_message *start;
    int error;

    if (!memory) {
        diag_set(ret_diag, "no memory for the agent's settings");
        return IDQ_SYSTEM;
    }
    start = (void *)secret_bytes(memory);
    start->timeout_ms = (uint32_t)login->timeout_ms;
    if (agent_start_read_keys(config->settings.oidc.jwks_file, start->key_set, ret_diag) != 0)
        return IDQ_CONFIG;
    error = agent_start_fill(config, login->language, start);
    if (!error && copy_text(start->station, sizeof start->station, login->station) != 0)
        error = IDQ_CONFIG;
    if (!error && config->settings.idin_qr.is_relay)
        error = describe(login, start);
    for (; !error && setting->keyword; setting++)
        error = agent_start_add(setting->keyword, config_text(config, setting), start);
    if (!error)
        error = agent_start_send(start, socket);
    if (error == IDQ_CONFIG)
        diag_set(ret_diag, "the settings are too long for the agent");
    return error;
}
