/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this. */
#include "pam_idinqr/sandbox/persons.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/sandbox/tokens.h"

#include <openssl/sha.h>
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
    token_to_hex(hash, BIN_HASH_BYTES, hex);
    snprintf(ret_bin, PERSON_BIN_MAX + 1, "NL%s%s%s", bank->letters, person->bin_prefix, hex);
    return 0;
}
