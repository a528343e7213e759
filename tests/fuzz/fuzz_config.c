/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr.conf: any bytes as its grammar, and then as the file and its drop-ins, separated by bytes
 * 0xFF (which no text has). What is accepted must be what the manual allows. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/config/config.h"
#include "pam_idinqr/config/config_file.h"
#include "pam_idinqr/common/error.h"
#include "tests/fuzz/files.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEPARATOR 0xFF

static void
must_be_loggable(const char *text)
{
    MUST(text[0] != '\0');
    for (const char *p = text; *p; p++)
        MUST(*p >= 0x20 && *p <= 0x7E);
}

struct taken {
    unsigned line;
    const char *text;
    size_t size;
};

static int
take(void *context, const struct config_entry *entry, char *ret_reason, size_t reason_size)
{
    struct taken *taken = context;

    MUST(entry->line > taken->line);
    taken->line = entry->line;
    MUST(entry->value >= taken->text && entry->value < taken->text + taken->size + 1);
    MUST(entry->keyword[0] != '\0');
    MUST(characters_are_visible_ascii(entry->keyword, strlen(entry->keyword)));
    MUST(characters_are_visible_ascii(entry->section, strlen(entry->section)));
    MUST(characters_are_clean(entry->value, strlen(entry->value)));
    if (strcmp(entry->keyword, "refuse") != 0)
        return 0;
    snprintf(ret_reason, reason_size, "refused");
    return -1;
}

static void
read_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), reason[80] = "";
    struct taken taken = {.text = text, .size = size};
    unsigned line = 999;

    MUST(text);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (config_text_read(text, size, take, &taken, &line, reason, sizeof reason) != 0) {
        MUST(line <= size + 1 && line >= taken.line && reason[0] != '\0');
        MUST(strlen(reason) < sizeof reason);
    }
    free(text);
}

static void
check_settings(const struct config *config)
{
    const struct provider_description *provider = config->provider;
    char reason[300];

    MUST(provider && provider_table_find(provider->name) == provider);
    MUST(config->scope[0] != '\0');
    for (const struct setting *setting = config_settings(); setting->keyword; setting++)
        MUST(!config_is_set(config, setting->offset) ||
             setting_check(setting, config_text(config, setting), reason, sizeof reason) == 0);
    for (const struct setting *setting = provider->settings; setting->keyword; setting++) {
        const char *value = config_text(config, setting);
        MUST(value[0] != '\0' || !setting->required);
        MUST(value[0] == '\0' || setting_check(setting, value, reason, sizeof reason) == 0);
    }
    MUST(config->timeout_s >= 20 && config->timeout_s <= 900);
}

static void
load(const char *path)
{
    CONFIG_AUTO *config = NULL;
    struct diag diag = {.text = ""};
    int result = config_load(path, "sudo", &config, &diag);

    if (result != 0) {
        MUST(result == IDQ_CONFIG && !config);
        must_be_loggable(diag.text);
        return;
    }
    check_settings(config);
    /* A module argument wins, whatever stands in the files. */
    MUST(config_override(config, "test", "timeout", "321", &diag) == 0);
    MUST(config->timeout_s == 321);
    MUST(config_override(config, "test", "timeout", "19", &diag) == IDQ_CONFIG);
    MUST(config->timeout_s == 321);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"idinqr.conf", "idinqr.conf.d/10.conf",
                                        "idinqr.conf.d/20.conf"};
    struct input input = {data, size};
    char *path = files_path(names[0]);

    read_text(data, size);
    files_make_directory("idinqr.conf.d");
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        const uint8_t *end = input.left > 0 ? memchr(input.at, SEPARATOR, input.left) : NULL;
        size_t length;
        const uint8_t *text =
            input_bytes(&input, end ? (size_t)(end - input.at) : input.left, &length);
        files_write(names[i], 0600, text, length);
        (void)input_u8(&input);
    }
    load(path);
    free(path);
    return 0;
}
