/* idinqr test: a whole login that opens nothing and writes nothing, and says what the module would.
 */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/module/account.h"
#include "pam_idinqr/tool/command.h"
#include "pam_idinqr/tool/console.h"

#include <stdio.h>

/* The verdict for an account, or, when none is named, the accounts that the identity opens. */
static int
print_verdict(const struct account_gate *gate, const char *hash)
{
    const char *accounts[32];
    size_t n = map_accounts_of(gate->map, hash, gate->today, accounts, 32);
    int result = gate->account ? map_check(gate->map, gate->account, hash, gate->today)
                 : n > 0       ? 0
                               : IDQ_UNKNOWN_IDENTITY;

    printf("Identity: %s\n", hash);
    for (size_t i = 0; i < n && i < 32; i++)
        printf("Opens:    %s\n", accounts[i]);
    printf("Verdict:  %s\n", result == 0 ? "this login would open" : error_text(result));
    return command_exit_for(result);
}

int
command_test(const struct command_options *options, int argc, char **argv)
{
    CONFIG_AUTO *config = NULL;
    ACCOUNT_GATE_AUTO gate = {0};
    RESULT_AUTO verified = {0};
    struct problem problem;
    char hash[IDENTITY_HASH_SIZE];
    int result;

    if (argc > 1) {
        command_say("test takes one ACCOUNT at the most");
        return COMMAND_USAGE;
    }
    result = command_load_config(options, &config);
    if (result != COMMAND_DONE)
        return result;
    result = account_gate_open(&gate, config, argc == 1 ? argv[0] : NULL, &problem);
    if (result == 0) {
        result = console_login(config, options->service, gate.account, &verified);
        if (result != 0)
            return command_exit_for(result);
        result = identity_hash((const unsigned char *)secret_bytes(gate.key),
                               config_provider(config)->name, config_scope(config),
                               verified.subject, hash);
    } else {
        command_say("%s", result == IDQ_NOT_ENROLLED ? error_text(result) : problem.text);
    }
    return result == 0 ? print_verdict(&gate, hash) : command_exit_for(result);
}
