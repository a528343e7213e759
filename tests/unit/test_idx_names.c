/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests answers with a DTD, entities, comments in values, and names of other namespaces. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/idx_attack.h"

#include <stdlib.h>
#include <string.h>

/* --- XML that a parser may follow
 * ------------------------------------------------------------------ */

#define WITH_DTD(name, dtd)                                                                        \
    static char *name(void)                                                                        \
    {                                                                                              \
        return scratch_text("%s%s", dtd, attack_good_root());                                      \
    }
WITH_DTD(dtd_empty, "<!DOCTYPE AcquirerStatusRes>")
WITH_DTD(dtd_internal, "<!DOCTYPE AcquirerStatusRes [<!ENTITY a \"b\">]>")
WITH_DTD(dtd_of_an_id, "<!DOCTYPE AcquirerStatusRes [<!ATTLIST Transaction x ID \"ID-42\">]>")
WITH_DTD(dtd_external, "<!DOCTYPE AcquirerStatusRes SYSTEM \"file:///etc/hostname\">")
WITH_DTD(dtd_from_the_network, "<!DOCTYPE AcquirerStatusRes PUBLIC \"a\" \"http://127.0.0.1/d\">")
WITH_DTD(dtd_with_parameter_entity,
         "<!DOCTYPE a [<!ENTITY % p SYSTEM \"http://127.0.0.1/p\"> %p;]>")

static char *
with_entity(const char *declaration)
{
    return scratch_text("<!DOCTYPE AcquirerStatusRes [%s]>%s", declaration,
                        idx_replaced(attack_good_root(), IDX_TRANSACTION, "&e;"));
}

static char *
entity_for_a_value(void)
{
    return with_entity("<!ENTITY e \"" IDX_TRANSACTION "\">");
}

static char *
entity_of_a_file(void)
{
    return with_entity("<!ENTITY e SYSTEM \"file:///etc/hostname\">");
}

static char *
entities_that_grow(void)
{
    char *declarations = scratch_text("<!ENTITY e0 \"0123456789\">");

    for (int i = 1; i < 9; i++)
        declarations =
            scratch_text("%s<!ENTITY e%d \"&e%d;&e%d;&e%d;&e%d;&e%d;&e%d;&e%d;&e%d;\">",
                         declarations, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    return with_entity(scratch_text("%s<!ENTITY e \"&e8;\">", declarations));
}

static char *
entity_undeclared(void)
{
    return idx_replaced(attack_good_root(), IDX_TRANSACTION, "&e;");
}

static char *
xinclude(void)
{
    return idx_signed(&idx_acquirer,
                      idx_replaced(attack_good_body(), IDX_TRANSACTION,
                                   "<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\""
                                   " href=\"file:///etc/hostname\" parse=\"text\"></xi:include>"));
}

static char *
instruction_before_the_root(void)
{
    return scratch_text("<?xml-stylesheet href=\"http://127.0.0.1/\"?>%s", attack_good_root());
}

static char *
instruction_in_a_value(void)
{
    return idx_signed(&idx_acquirer, idx_replaced(attack_good_body(), "Success</status>",
                                                  "Succ<?a?>ess</status>"));
}

/* Without comments, the signature is over the whole word. */
static char *
comment_in_the_status(void)
{
    idx_story.has_response = false;
    idx_story.status = "Failure";
    return idx_replaced(attack_good_root(), "Failure</status>", "Failu<!-- -->re</status>");
}

static char *
comment_in_the_transaction(void)
{
    return idx_replaced(attack_good_root(), IDX_TRANSACTION, IDX_TRANSACTION "<!-- -->");
}

static char *
comment_in_the_audience(void)
{
    return idx_replaced(attack_good_root(), "<saml:Audience>" IDX_LEGAL_ID,
                        "<saml:Audience>NL00<!-- -->ZZZ12345678");
}

static char *
comment_in_the_authority(void)
{
    return idx_replaced(attack_good_root(), "<saml:AuthenticatingAuthority>" IDX_ISSUER,
                        "<saml:AuthenticatingAuthority>INGB<!-- -->NL2A");
}

static char *
comment_in_the_key_name(void)
{
    return idx_replaced(attack_good_root(), "</KeyName>", "<!-- --></KeyName>");
}

static char *
comment_in_the_digest(void)
{
    char *root = attack_good_root(), *signature = attack_good_signature();

    return idx_replaced(root, signature,
                        idx_replaced(signature, "</DigestValue>", "<!-- --></DigestValue>"));
}

static char *
comment_in_the_ciphertext(void)
{
    return idx_replaced(attack_good_root(), "</xenc:CipherValue>", "<!-- --></xenc:CipherValue>");
}

static char *
oversize(void)
{
    char *padding = malloc(IDX_MESSAGE_MAX + 1);

    memset(padding, ' ', IDX_MESSAGE_MAX);
    padding[IDX_MESSAGE_MAX] = '\0';
    return scratch_text("%s%s", attack_good_root(), scratch_keep(padding));
}

static char *
deep(void)
{
    char begin[3 * 3000 + 1] = "", end[4 * 3000 + 1] = "";

    for (int i = 0; i < 3000; i++) {
        memcpy(begin + 3 * i, "<a>", 4);
        memcpy(end + 4 * i, "</a>", 5);
    }
    return idx_signed(&idx_acquirer,
                      attack_closed_with(attack_good_body(), scratch_text("%s%s", begin, end)));
}

static char *
two_roots(void)
{
    return scratch_text("%s%s", attack_good_root(), attack_evil_body());
}

static char *
text_behind(void)
{
    return scratch_text("%sx", attack_good_root());
}

static char *
nothing(void)
{
    return scratch_text("%s", "");
}

/* What follows is in another encoding than what a reader of bytes sees. */
static char *
encoding_utf7(void)
{
    return scratch_text("<?xml version=\"1.0\" encoding=\"UTF-7\"?>%s",
                        idx_replaced(attack_good_root(), "<Transaction>", "+ADw-Transaction>"));
}

static char *
encoding_latin1(void)
{
    return scratch_text(
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>%s",
        idx_replaced(attack_good_root(), "<Transaction>", "<!-- \xE9 --><Transaction>"));
}

/* --- names ------------------------------------------------------------------------------------ */

/* The acquirer signs an edited body. */
#define SIGNED_EDIT(name, from, to)                                                                \
    static char *name(void)                                                                        \
    {                                                                                              \
        return idx_signed(&idx_acquirer, idx_replaced(attack_good_body(), from, to));              \
    }
SIGNED_EDIT(other_version, "version=\"1.0.0\"", "version=\"1.0.1\"")
SIGNED_EDIT(other_product, "NL:BVN:BankID:1.0", "NL:BVN:eMandatesCore:1.0")
SIGNED_EDIT(no_product, " productID=\"NL:BVN:BankID:1.0\"", "")
SIGNED_EDIT(version_in_a_namespace, " productID=\"NL:BVN:BankID:1.0\" version=",
            " xmlns:v=\"urn:v\" productID=\"NL:BVN:BankID:1.0\" v:version=")
SIGNED_EDIT(root_in_another_namespace, "\"" NS_IDX "\"", "\"" NS_IDX "/\"")
SIGNED_EDIT(root_without_a_namespace, " xmlns=\"" NS_IDX "\"", "")
SIGNED_EDIT(status_in_another_namespace, "<status>", "<status xmlns=\"urn:x\">")
SIGNED_EDIT(status_without_a_namespace, "<status>", "<status xmlns=\"\">")
SIGNED_EDIT(status_twice, "<status>", "<status>Failure</status><status>")
SIGNED_EDIT(status_of_two_namespaces, "<status>",
            "<status xmlns=\"urn:x\">Success</status><status>")
SIGNED_EDIT(transaction_twice, "<Transaction>", "<Transaction></Transaction><Transaction>")
SIGNED_EDIT(saml_in_the_envelopes_namespace, "xmlns:samlp=\"" NS_SAMLP "\"",
            "xmlns:samlp=\"" NS_IDX "\"")
SIGNED_EDIT(protocol_1_1, NS_SAMLP, "urn:oasis:names:tc:SAML:1.0:protocol")
SIGNED_EDIT(response_in_a_wrapper, "<container>", "<container><x></x>")
SIGNED_EDIT(date_of_no_calendar, "2027-01-15T08:00:00.123Z</createDateTimestamp>",
            "2027-02-30T08:00:00.123Z</createDateTimestamp>")
SIGNED_EDIT(date_without_zone, "00.123Z</createDateTimestamp>", "00.123</createDateTimestamp>")

static char *
in_response_to_in_a_namespace(void)
{
    char *body = idx_replaced(attack_good_body(), " InResponseTo=\"" IDX_REFERENCE "\"", "");

    body = idx_replaced(body, "<samlp:Response", "<samlp:Response xmlns:r=\"urn:r\"");
    return idx_signed(&idx_acquirer, idx_replaced(body, "Version=\"2.0\"><saml:Issuer",
                                                  "Version=\"2.0\" r:InResponseTo=\"" IDX_REFERENCE
                                                  "\"><saml:Issuer"));
}

static char *
prefix_undeclared(void)
{
    return idx_replaced(idx_replaced(attack_good_root(), "<status>", "<q:status>"), "</status>",
                        "</q:status>");
}

static char *
another_message(void)
{
    char *body = idx_replaced(attack_good_body(), "<AcquirerStatusRes", "<AcquirerTrxRes");

    return idx_signed(&idx_acquirer, idx_replaced(body, ROOT_END, "</AcquirerTrxRes>"));
}

/* --- all of them
 * ----------------------------------------------------------------------------------- */

static const struct attack attacks[] = {
    ATTACK(dtd_empty, IDQ_REPLY, NOT_PLAIN),
    ATTACK(dtd_internal, IDQ_REPLY, NOT_PLAIN),
    ATTACK(dtd_of_an_id, IDQ_REPLY, NOT_PLAIN),
    ATTACK(dtd_external, IDQ_REPLY, NOT_PLAIN),
    ATTACK(dtd_from_the_network, IDQ_REPLY, NOT_PLAIN),
    ATTACK(dtd_with_parameter_entity, IDQ_REPLY, NOT_PLAIN),
    ATTACK(entity_for_a_value, IDQ_REPLY, NOT_PLAIN),
    ATTACK(entity_of_a_file, IDQ_REPLY, NOT_PLAIN),
    ATTACK(entities_that_grow, IDQ_REPLY, NOT_PLAIN),
    ATTACK(entity_undeclared, IDQ_REPLY, NOT_PLAIN),
    ATTACK(xinclude, IDQ_REPLY, BAD_STATUS),
    ATTACK(instruction_before_the_root, IDQ_REPLY, NOT_PLAIN),
    ATTACK(instruction_in_a_value, IDQ_REPLY, "the status and its container do not agree"),
    ATTACK(comment_in_the_status, IDQ_REPLY, "the status and its container do not agree"),
    ATTACK(comment_in_the_transaction, IDQ_REPLY, BAD_STATUS),
    ATTACK(comment_in_the_audience, IDQ_OTHER_CODE, "the assertion is for another merchant"),
    ATTACK(comment_in_the_authority, IDQ_OTHER_CODE, "the assertion is of another bank"),
    ATTACK(comment_in_the_key_name, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(comment_in_the_digest, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(comment_in_the_ciphertext, IDQ_REPLY, "the subject cannot be decrypted"),
    ATTACK(oversize, IDQ_REPLY, NOT_PLAIN),
    ATTACK(deep, IDQ_REPLY, NOT_PLAIN),
    ATTACK(two_roots, IDQ_REPLY, NOT_PLAIN),
    ATTACK(text_behind, IDQ_REPLY, NOT_PLAIN),
    ATTACK(nothing, IDQ_REPLY, NOT_PLAIN),
    ATTACK(encoding_utf7, IDQ_REPLY, NOT_PLAIN),
    ATTACK(encoding_latin1, IDQ_REPLY, NOT_PLAIN),
    ATTACK(other_version, IDQ_REPLY, ANOTHER),
    ATTACK(other_product, IDQ_REPLY, ANOTHER),
    ATTACK(no_product, IDQ_REPLY, ANOTHER),
    ATTACK(version_in_a_namespace, IDQ_REPLY, ANOTHER),
    ATTACK(root_in_another_namespace, IDQ_REPLY, ANOTHER),
    ATTACK(root_without_a_namespace, IDQ_REPLY, ANOTHER),
    ATTACK(status_in_another_namespace, IDQ_REPLY, BAD_STATUS),
    ATTACK(status_without_a_namespace, IDQ_REPLY, BAD_STATUS),
    ATTACK(status_twice, IDQ_REPLY, BAD_STATUS),
    ATTACK(status_of_two_namespaces, IDQ_REPLY, BAD_STATUS),
    ATTACK(transaction_twice, IDQ_REPLY, BAD_STATUS),
    ATTACK(saml_in_the_envelopes_namespace, IDQ_REPLY, "the container has no SAML response"),
    ATTACK(protocol_1_1, IDQ_REPLY, "the container has no SAML response"),
    ATTACK(response_in_a_wrapper, IDQ_REPLY, "the container has no SAML response"),
    ATTACK(in_response_to_in_a_namespace, IDQ_OTHER_CODE,
           "the SAML response is to another request"),
    ATTACK(date_of_no_calendar, IDQ_REPLY, BAD_STATUS),
    ATTACK(date_without_zone, IDQ_REPLY, BAD_STATUS),
    ATTACK(prefix_undeclared, IDQ_REPLY, NOT_PLAIN),
    ATTACK(another_message, IDQ_REPLY, ANOTHER),
};

ATTACK_NAMES;

TEST_CASE(NULL, .variant = attack_name, .setup = attack_begin);

TEST(is_refused)
{
    attack_must_fail(&attacks[runner_variant()]);
}

RUN_TESTS("idx_names", idx_fixture_begin());
