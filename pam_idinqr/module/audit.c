/* See audit.h. */
#include "pam_idinqr/module/audit.h"

#include "pam_idinqr/common/characters.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

void
audit_new_session(char ret_session[AUDIT_SESSION_SIZE])
{
    unsigned char bytes[(AUDIT_SESSION_SIZE - 1) / 2] = {0};

    /* Not secret: it only has to differ from the others in the log. */
    (void)!getrandom(bytes, sizeof bytes, GRND_NONBLOCK);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(ret_session + 2 * i, 3, "%02x", bytes[i]);
}

#define VALUE_MAX  255 /* bytes of a value: the longest name of a host */
#define DETAIL_MAX 511 /* bytes of the detail: a problem's text */

/* Appends " keyword=value", with everything that could end the value, or look like another field to
 * who searches the log for one, replaced; nothing for no value. */
static void
add(char *line, size_t size, const char *keyword, const char *value, const char *closing)
{
    size_t used = strlen(line), start;

    if (!value || !*value)
        return;
    snprintf(line + used, size - used, "%s%s=%s", used ? " " : "", keyword, closing);
    start = strlen(line);
    snprintf(line + start, size - start, "%.*s", *closing ? DETAIL_MAX : VALUE_MAX, value);
    characters_make_loggable(line + start);
    for (char *p = line + start; *p; p++)
        if (*p == '"' || (!*closing && (*p == ' ' || *p == '=')))
            *p = '?';
    used = strlen(line);
    snprintf(line + used, size - used, "%s", closing);
}

void
audit_format(const struct audit *audit, char *ret_line, size_t size)
{
    char duration[32];

    snprintf(duration, sizeof duration, "%lld.%llds", (long long)audit->duration_ms / 1000,
             (long long)audit->duration_ms % 1000 / 100);
    ret_line[0] = '\0';
    if (audit->is_asking)
        snprintf(ret_line, size, "asking");
    else
        add(ret_line, size, "outcome", error_word(audit->outcome), "");
    add(ret_line, size, "session", audit->session, "");
    add(ret_line, size, "service", audit->service, "");
    add(ret_line, size, "account", audit->account, "");
    add(ret_line, size, "provider", audit->provider, "");
    add(ret_line, size, "duration", audit->is_asking ? "" : duration, "");
    add(ret_line, size, "tty", audit->tty, "");
    add(ret_line, size, "rhost", audit->rhost, "");
    add(ret_line, size, "identity", audit->hash, "");
    add(ret_line, size, "transaction", audit->transaction, "");
    add(ret_line, size, "detail", audit->detail, "\"");
}
