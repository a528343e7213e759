/* The files that a sandbox leaves for a module: for every provider that there is, a configuration
 * without a mistake, and a map in which its persons are found as that configuration looks for them.
 */
#include "pam_idinqr/common/config.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/identity/map.h"
#include "pam_idinqr/identity/map_key.h"
#include "pam_idinqr/sandbox/enrolment.h"
#include "pam_idinqr/sandbox/settings_file.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/sandbox_call.h"

#include <stdlib.h>
#include <string.h>

/* The files of a sandbox for one provider, in a directory of their own. */
static void
write_files(const char *provider, struct state_dir *ret_dir)
{
    struct sandbox *sandbox = sandbox_call_new(1000);
    const struct enrolment enrolment = {.account = "alice", .person = person_find("anna")};
    struct problem problem;
    char *path = scratch_dir("sandbox");

    ck_assert_int_eq(state_dir_open(path, ret_dir), 0);
    ck_assert_int_eq(settings_file_write(sandbox, ret_dir, provider, NULL), 0);
    ck_assert_msg(enrolment_write(ret_dir, provider, sandbox->base_url, &enrolment, &problem) == 0,
                  "%s", problem.text);
    free(path);
    sandbox_free(&sandbox);
}

START_TEST(every_provider_can_use_them)
{
    const struct provider_description *provider;

    for (size_t i = 0; (provider = provider_table_at(i)); i++) {
        STATE_DIR_AUTO dir = {.is_temporary = 0};
        CONFIG_AUTO *config = NULL;
        MAP_AUTO *map = NULL;
        SECRET_AUTO *key = NULL;
        struct problem problem;
        char path[PATH_MAX], hash[IDENTITY_HASH_SIZE], bin[PERSON_BIN_MAX + 1];

        ck_assert_str_eq(settings_file_provider(provider->name), provider->name);
        write_files(provider->name, &dir);
        ck_assert_int_eq(state_dir_path(&dir, "idinqr.conf", path), 0);
        ck_assert_msg(config_load(path, "", &config, &problem) == 0, "%s", problem.text);
        ck_assert_str_eq(config_provider(config)->name, provider->name);
        ck_assert_msg(map_read(config_text(config, "map"), &map, &problem) == 0, "%s",
                      problem.text);
        ck_assert_msg(map_key_read(config_text(config, "key"), &key, &problem) == 0, "%s",
                      problem.text);
        ck_assert_int_eq(person_bin(person_find("anna"), bank_at(0), bin), 0);
        ck_assert_int_eq(identity_hash((const unsigned char *)secret_bytes(key), provider->name,
                                       config_scope(config), bin, hash),
                         0);
        ck_assert_int_eq(map_check(map, "alice", hash, "2026-01-01"), 0);
    }
}
END_TEST

START_TEST(knows_its_providers)
{
    ck_assert_str_eq(settings_file_provider("idin-qr"), SETTINGS_PROVIDER);
    ck_assert_str_eq(settings_file_provider("signicat"), "signicat");
    ck_assert_str_eq(settings_file_provider("oidc-device"), "oidc-device");
    ck_assert_ptr_null(settings_file_provider("idin"));
    ck_assert_ptr_null(settings_file_provider(""));
}
END_TEST

static Suite *
suite(void)
{
    Suite *suite = suite_create("sandbox_files");
    TCase *files = tcase_create("files");

    tcase_add_test(files, every_provider_can_use_them);
    tcase_add_test(files, knows_its_providers);
    suite_add_tcase(suite, files);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "sandbox_files", suite, NULL);
}
