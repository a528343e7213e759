/* SPDX-License-Identifier: BSD-3-Clause */
/* The value of one keyword of idinqr.conf while its layers are read: checked, and with who said it,
 * as not everybody may overrule everybody. Runs in the host (often root), on text from files that
 * trusted_file.h vouches for and from module arguments. */
#ifndef IDQ_CONFIG_CONFIG_VALUE_H
#define IDQ_CONFIG_CONFIG_VALUE_H

#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/setting.h"

/* Who said it: a higher rank wins, and within one rank the later one. */
enum config_rank { RANK_FALLBACK = 0, RANK_FILE, RANK_SERVICE, RANK_OVERRIDE };

/* Zero it before use. */
struct config_value {
    struct secret
        *text; /* NULL: the fallback. All are wiped, which is simpler than to tell apart */
    enum config_rank rank;
    unsigned layer; /* the file that said it, counted from 1; 0 for none. The reader's to set. */
};

/* Checks a text, and makes it the value unless a higher rank has spoken. 0, or -1 with a reason
 * that names the keyword, and never repeats the text: it may be a secret in the wrong place. */
int config_value_set(const struct setting *setting, struct config_value *value,
                     enum config_rank rank, const char *text, char *ret_reason, size_t reason_size);

/* The same for keyword_file = PATH: the text is what stands in that file, without the newlines at
 * its end. The file is a secret's, see trusted_file.h; the reason may name it. */
int config_value_set_from_file(const struct setting *setting, struct config_value *value,
                               enum config_rank rank, const char *path, char *ret_reason,
                               size_t reason_size);

/* The value, or the setting's fallback; "" where there is neither. Valid until the value is set or
 * freed. */
const char *config_value_text(const struct setting *setting, const struct config_value *value);

/* Wipes and frees the text; the value is as before it was ever set. */
void config_value_free(struct config_value *value);

#endif
