/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this. */
#include "pam_idinqr/sandbox/persons.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/identity/map_edit.h"
#include "pam_idinqr/identity/map_key.h"
#include "pam_idinqr/sandbox/settings_file.h"
#include "pam_idinqr/web/tokens.h"

#include <openssl/sha.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define BIN_HASH_BYTES  10
#define TRANSIENT_CHARS 20

static const struct person persons[] = {
    {"anna", "Anna de Vries", "Anna de Vries", PERSON_ORDINARY, ""},
    {"bram", "Bram Jansen", "Bram Jansen", PERSON_ORDINARY, ""},
    /* A BIN may hold any character that is no control character: this one does. */
    {"celik", "Çelik Yılmaz", "Çelik Yılmaz", PERSON_ORDINARY, "çşı€"},
    {"passer", "Visitor, not enrolled", "Bezoeker, niet geregistreerd", PERSON_VISITOR, ""},
    {"transient", "One-time identity", "Eenmalige identiteit", PERSON_TRANSIENT, ""},
    {"nobin", "Bank sends no BIN", "Bank stuurt geen BIN", PERSON_NO_BIN, ""},
};

static const struct bank banks[] = {
    {"noord", "Testbank Noord", "TSTNNL22", "TSTN"},
    {"proef", "Proefbank", "PRFBNL22", "PRFB"},
    {"oefen", "Oefenbank", "OEFNNL22", "OEFN"},
    {"voorbeeld", "Voorbeeldbank", "VRBLNL22", "VRBL"},
    {"demo", "Demobank", "DMOBNL22", "DMOB"},
};

const struct person *
person_at(size_t i)
{
    return i < ARRAY_LENGTH(persons) ? &persons[i] : NULL;
}

const struct bank *
bank_at(size_t i)
{
    return i < ARRAY_LENGTH(banks) ? &banks[i] : NULL;
}

const struct person *
person_find(const char *id)
{
    const struct person *person;

    for (size_t i = 0; (person = person_at(i)); i++)
        if (strcmp(person->id, id) == 0)
            return person;
    return NULL;
}

const struct bank *
bank_find(const char *id)
{
    const struct bank *bank;

    for (size_t i = 0; (bank = bank_at(i)); i++)
        if (strcmp(bank->id, id) == 0)
            return bank;
    return NULL;
}

int
person_bin(const struct person *person, const struct bank *bank, char ret_bin[PERSON_BIN_MAX + 1])
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    char hex[2 * BIN_HASH_BYTES + 1], text[128];

    switch (person->kind) {
    case PERSON_NO_BIN:
        ret_bin[0] = '\0';
        return 0;
    case PERSON_TRANSIENT:
        if (token_text(text) < 0)
            return IDQ_SYSTEM;
        snprintf(ret_bin, PERSON_BIN_MAX + 1, "TRANS%.*s", TRANSIENT_CHARS, text);
        return 0;
    case PERSON_ORDINARY:
    case PERSON_VISITOR:
        break;
    }
    /* Two banks give two BINs for one person, and the same two in every run. */
    int size = snprintf(text, sizeof text, "idinqr-sandbox BIN %s %s", person->id, bank->id);
    SHA256((const unsigned char *)text, (size_t)size, hash);
    characters_write_hex(hash, BIN_HASH_BYTES, hex);
    snprintf(ret_bin, PERSON_BIN_MAX + 1, "NL%s%s%s", bank->letters, person->bin_prefix, hex);
    return 0;
}

#define LOCK_WAIT_MS 2000

bool
enrollment_is_possible(const struct person *person)
{
    return person->kind == PERSON_ORDINARY || person->kind == PERSON_VISITOR;
}

/* What all identities of one sandbox share. */
struct identities {
    const unsigned char *key;
    const char *provider, *scope;
};

/* One line for each bank. */
static int
enroll_person(struct map_edit *edit, const struct identities *identities, const char *account,
              const struct person *person, struct diag *diag)
{
    char bin[PERSON_BIN_MAX + 1], hash[IDENTITY_HASH_SIZE], today[11];
    const struct bank *bank;

    map_today(today);
    for (size_t i = 0; (bank = bank_at(i)); i++) {
        if (person_bin(person, bank, bin) < 0 ||
            identity_hash(identities->key, identities->provider, identities->scope, bin, hash) < 0)
            return IDQ_SYSTEM;
        if (map_check(map_edit_map(edit), account, hash, today) == 0)
            continue;
        int error = map_edit_add(edit,
                                 &(struct map_line){.account = account,
                                                    .hash = hash,
                                                    .enrolled = today,
                                                    .by = "idinqr-sandbox",
                                                    .issuer = bank->bic,
                                                    .expires = "",
                                                    .note = person->id},
                                 diag);
        if (error < 0)
            return error;
    }
    return 0;
}

static int
enroll_all(struct map_edit *edit, const struct identities *identities,
           const struct enrollment *enrollment, struct diag *diag)
{
    const struct person *person;
    int error = 0;

    map_edit_set_origin(edit, identities->provider, identities->scope);
    if (enrollment->person)
        return enroll_person(edit, identities, enrollment->account, enrollment->person, diag);
    for (size_t i = 0; error == 0 && (person = person_at(i)); i++)
        if (person->kind == PERSON_ORDINARY)
            error = enroll_person(edit, identities, enrollment->account, person, diag);
    return error;
}

int
enrollment_write(const struct state_dir *dir, const char *key_name, const char *provider,
                 const char *base_url, const struct enrollment *enrollment, struct diag *ret_diag)
{
    char map_path[PATH_MAX], key_path[PATH_MAX];
    struct https_url base;
    SECRET_AUTO *key = NULL;
    MAP_EDIT_AUTO *edit = NULL;

    diag_set(ret_diag, "out of memory");
    if (https_url_parse(base_url, strlen(base_url), &base) < 0 ||
        state_dir_path(dir, SETTINGS_MAP_FILE, map_path) < 0 ||
        state_dir_path(dir, key_name, key_path) < 0)
        return IDQ_SYSTEM;
    int error = map_key_read_or_create(key_path, &key, ret_diag);
    if (error == 0)
        error = map_edit_begin(map_path, LOCK_WAIT_MS, &edit, ret_diag);
    if (error == 0)
        error = enroll_all(edit,
                           &(struct identities){.key = (const unsigned char *)secret_bytes(key),
                                                .provider = provider,
                                                .scope = base.host},
                           enrollment, ret_diag);
    return error == 0 ? map_edit_commit(edit, ret_diag) : error;
}
