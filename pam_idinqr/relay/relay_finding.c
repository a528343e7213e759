/* SPDX-License-Identifier: BSD-3-Clause */
/* The administrator runs this: the findings of `idinqr-relay check`, in the form of `idinqr
 * check`. The texts may have input from the network, so each is made loggable. */
#include "pam_idinqr/relay/relay_check.h"

#include "pam_idinqr/common/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum severity { NOTE, WARNING, ERROR };

/* In a command %f is the configuration, %l the line, and %o the object. */
#define EDIT    "${EDITOR:-vi} +%l %f"
#define RESTART "systemctl restart idinqr-relay"

static const struct {
    const char *word;
    enum severity severity;
    const char *advice, *command;
} kinds[RELAY_FINDING_KINDS] = {
    [RELAY_FINDING_CONFIG] = {"config", ERROR, "Until this is fixed, the relay does not start.",
                              EDIT},
    [RELAY_FINDING_PLAIN_HTTP] = {"plain-http", ERROR,
                                  "Set a certificate, or let it listen where only the proxy is.",
                                  EDIT},
    [RELAY_FINDING_PROXY_BYPASS] =
        {"proxy-bypass", WARNING,
         "Let it listen where only the proxy is, or take out behind_proxy.", EDIT},
    [RELAY_FINDING_METRICS_OPEN] = {"metrics-open", WARNING,
                                    "Let it listen where only your monitoring is.", EDIT},
    [RELAY_FINDING_CONFIRM_NONE] = {"confirm-none", WARNING,
                                    "Set confirm = number, or let a person watch each desk.", EDIT},
    [RELAY_FINDING_KEYS_IN_REACH] =
        {"keys-in-reach", WARNING,
         "Give the database a separate directory: the jail lets the relay write there.", EDIT},
    [RELAY_FINDING_STATE] = {"state", ERROR, "Make it a directory of the relay's user.",
                             "install -d -o idinqr-relay -g idinqr-relay -m 0700 %o"},
    [RELAY_FINDING_KEYS] =
        {"keys", ERROR,
         "Restore the keys from a backup. A new relay makes them: everyone has to enroll then.",
         "idinqr-relay key"},
    [RELAY_FINDING_DATABASE] = {"database", ERROR,
                                "If it is damaged, move it away, and add the desks anew.",
                                "ls -la %o*"},
    [RELAY_FINDING_DESKS] = {"desks", NOTE, "Add a desk, and copy what it prints there.",
                             "idinqr-relay desk add NAME"},
    [RELAY_FINDING_FILE] = {"file", ERROR,
                            "The relay's user has to read it, and no other user may change it.",
                            "chown root:idinqr-relay %o && chmod 0640 %o"},
    [RELAY_FINDING_KEY_WEAK] =
        {"key-weak", ERROR,
         "Make an RSA key of 2048 bits or more, and give the acquirer or the "
         "provider its public half.",
         "openssl pkey -noout -text -in %o | head -1"},
    [RELAY_FINDING_KEY] = {"key", ERROR, "Put the key and its certificate together.", EDIT},
    [RELAY_FINDING_CERTIFICATE] = {"certificate", ERROR, "Renew it.",
                                   "openssl x509 -noout -dates -subject -in %o"},
    [RELAY_FINDING_CERTIFICATE_HOST] = {"certificate-host", ERROR,
                                        "Set a certificate of this name, or correct public_url.",
                                        "openssl x509 -noout -ext subjectAltName -in %o"},
    [RELAY_FINDING_CERTIFICATE_SOON] = {"certificate-soon", WARNING, "Renew it.",
                                        "openssl x509 -noout -dates -subject -in %o"},
    [RELAY_FINDING_ACQUIRER_CERTIFICATE] =
        {"acquirer-certificate", WARNING,
         "Ask the acquirer for the next one, and set it as alternative_certificate_file.",
         "openssl x509 -noout -dates -subject -in %o"},
    [RELAY_FINDING_CLOCK] = {"clock", ERROR, "Set the clock, and keep it set by NTP.",
                             "timedatectl set-ntp true"},
    [RELAY_FINDING_UPSTREAM] = {"upstream", ERROR,
                                "Check the address, the firewall, ca_file, and your ids.",
                                "curl -v %o"},
    [RELAY_FINDING_PUBLIC_URL] =
        {"public-url", ERROR,
         "Start the relay. Phones and desks have to reach it: check the name, the firewall and the "
         "proxy.",
         "curl -v %o"},
    [RELAY_FINDING_CERTIFICATE_OLD] = {"certificate-old", WARNING,
                                       "The relay reads its certificate when it starts.", RESTART},
    [RELAY_FINDING_PKCE] = {"pkce", WARNING,
                            "Ask the provider for it: it makes a code useless that was stolen on "
                            "its way.",
                            "curl -v %o"},
};

const char *
relay_finding_word(enum relay_finding_kind kind)
{
    return kinds[kind].word;
}

void
relay_check_add(struct relay_check *check, enum relay_finding_kind kind, const void *field,
                const char *object, const char *format, ...)
{
    struct relay_finding *finding = &check->findings[check->n_findings];
    const char *keyword = NULL;
    va_list arguments;
    size_t used;

    if (check->n_findings == RELAY_FINDINGS_MAX)
        return;
    check->n_findings++;
    *finding = (struct relay_finding){.kind = kind};
    if (field)
        keyword = relay_config_keyword(check->config, field, &finding->line);
    snprintf(finding->text, sizeof finding->text, "%s%s", keyword ? keyword : "",
             keyword ? ": " : "");
    used = strlen(finding->text);
    va_start(arguments, format);
    (void)vsnprintf(finding->text + used, sizeof finding->text - used, format, arguments);
    va_end(arguments);
    snprintf(finding->object, sizeof finding->object, "%s", object);
    characters_make_loggable(finding->text);
    characters_make_loggable(finding->object);
}

static void
print_command(const struct relay_check *check, const struct relay_finding *finding, FILE *stream)
{
    if (finding->cure) {
        fprintf(stream, "%s ", finding->cure);
        text_print_shell_word(finding->object, stream);
        return;
    }
    for (const char *at = kinds[finding->kind].command; *at; at++)
        if (at[0] != '%')
            fputc(*at, stream);
        else if (*++at == 'l')
            fprintf(stream, "%u", finding->line);
        else
            text_print_shell_word(*at == 'f' ? check->conf : finding->object, stream);
}

static int
by_severity(const void *a, const void *b)
{
    const struct relay_finding *left = a, *right = b;
    int order = (int)kinds[right->kind].severity - (int)kinds[left->kind].severity;

    if (order == 0)
        order = left->line < right->line ? -1 : left->line > right->line;
    return order != 0 ? order : (int)left->kind - (int)right->kind;
}

int
relay_check_print(struct relay_check *check, FILE *stream)
{
    static const char *const words[] = {"note", "warning", "error"};
    static const char *const states[] = {"OK", "WARNING", "CRITICAL"};
    size_t counts[3] = {0, 0, 0};

    qsort(check->findings, check->n_findings, sizeof check->findings[0], by_severity);
    for (size_t i = 0; i < check->n_findings; i++) {
        const struct relay_finding *finding = &check->findings[i];
        enum severity severity = kinds[finding->kind].severity;
        counts[severity]++;
        fprintf(stream, "%s: ", words[severity]);
        if (finding->line > 0)
            fprintf(stream, "%s:%u: ", check->conf, finding->line);
        fprintf(stream, "%s [%s]\n    %s\n    # ", finding->text, kinds[finding->kind].word,
                kinds[finding->kind].advice);
        print_command(check, finding, stream);
        fputc('\n', stream);
    }
    int state = counts[ERROR] > 0 ? 2 : counts[WARNING] > 0;
    fprintf(stream, "IDINQR-RELAY %s: %zu error%s, %zu warning%s, %zu note%s\n", states[state],
            counts[ERROR], counts[ERROR] == 1 ? "" : "s", counts[WARNING],
            counts[WARNING] == 1 ? "" : "s", counts[NOTE], counts[NOTE] == 1 ? "" : "s");
    return state;
}
