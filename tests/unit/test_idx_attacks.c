/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests answers that an attacker changed: signature wrapping, other algorithms, keys, DTDs,
 * comments and namespaces. Each starts from an answer that names a person. Where that makes the
 * attack stronger, the acquirer or the bank signs what the attacker wrote. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/idx_fixture.h"

#include <stdlib.h>
#include <string.h>

#define EVIL_SUBJECT "NLEVIL0000000000001"
#define ROOT_BEGIN                                                                                 \
    "<AcquirerStatusRes xmlns=\"" NS_IDX "\" productID=\"NL:BVN:BankID:1.0\" version=\"1.0.0\">"
#define ROOT_END  "</AcquirerStatusRes>"
#define SIGNATURE "<Signature xmlns=\"" NS_DS "\">"

/* --- texts to attack with -----------------------------------------------------------------------
 */

/* A status that names the attacker, as signed as the attacker can. */
static char *
evil_body(void)
{
    struct idx_story good = idx_story;
    char *body;

    idx_story.statement.bank = &idx_attacker;
    idx_story.statement.subject = EVIL_SUBJECT;
    body = idx_story_body();
    idx_story = good;
    return body;
}

static char *
evil_assertion(void)
{
    return idx_between(evil_body(), "<saml:Assertion", "</saml:Assertion>");
}

/* The root of the acquirer's own message, without the declaration. */
static char *
good_root(void)
{
    return idx_replaced(idx_story_message(), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "");
}

/* Its signature. The assertion's comes before. */
static char *
good_signature(void)
{
    char *root = good_root(), *last = NULL;

    for (char *at = root; (at = strstr(at, SIGNATURE)) != NULL; at++)
        last = at;
    return idx_between(last, SIGNATURE, "</Signature>");
}

/* A body with an element as the last child of its root. */
static char *
closed_with(const char *body, const char *last)
{
    return idx_replaced(body, ROOT_END, scratch_text("%s" ROOT_END, last));
}

/* Signed by a party with options, whatever they say. */
static char *
signed_with(const struct party *party, const struct signature_options *options)
{
    char *body = idx_story_body();
    char *signature = signer_sign(party, body, options);

    ck_assert_ptr_nonnull(signature);
    return closed_with(body, scratch_keep(signature));
}

/* The story's message with the assertion that is given, signed by the acquirer. */
static char *
with_assertion(const char *assertion)
{
    idx_story.assertion = assertion;
    return idx_story_message();
}

/* --- wrapping the outer signature ----------------------------------------------------------------
 */

/* The signed root moves into an Object of its signature. */
static char *
root_in_object(void)
{
    return closed_with(
        evil_body(), idx_replaced(good_signature(), "</KeyInfo>",
                                  scratch_text("</KeyInfo><Object>%s</Object>", idx_story_body())));
}

static char *
root_in_object_with_its_signature(void)
{
    return closed_with(evil_body(),
                       idx_replaced(good_signature(), "</KeyInfo>",
                                    scratch_text("</KeyInfo><Object>%s</Object>", good_root())));
}

static char *
root_in_extensions(void)
{
    return closed_with(evil_body(), scratch_text("<Extensions>%s</Extensions>%s", idx_story_body(),
                                                 good_signature()));
}

/* The signed message is whole, in the container of another. */
static char *
root_in_container(void)
{
    return idx_replaced(evil_body(), "<container>", scratch_text("<container>%s", good_root()));
}

static char *
root_as_last_child(void)
{
    return closed_with(evil_body(), good_root());
}

static char *
root_in_keyinfo(void)
{
    return closed_with(evil_body(), idx_replaced(good_signature(), "<KeyInfo>",
                                                 scratch_text("<KeyInfo>%s", good_root())));
}

static char *
other_root_around(void)
{
    return scratch_text("<Evil>%s</Evil>", good_root());
}

static char *
signature_of_another_message(void)
{
    return closed_with(evil_body(), good_signature());
}

static char *
second_signature_first(void)
{
    return idx_replaced(closed_with(idx_story_body(), good_signature()), "<createDateTimestamp>",
                        scratch_text("%s<createDateTimestamp>", good_signature()));
}

static char *
second_signature_last(void)
{
    return idx_replaced(good_root(), ROOT_END, scratch_text("%s" ROOT_END, good_signature()));
}

static char *
signature_first(void)
{
    return idx_replaced(idx_story_body(), "<createDateTimestamp>",
                        scratch_text("%s<createDateTimestamp>", good_signature()));
}

static char *
signature_in_transaction(void)
{
    return idx_replaced(idx_story_body(), "</Transaction>",
                        scratch_text("%s</Transaction>", good_signature()));
}

static char *
element_after_signature(void)
{
    return idx_replaced(good_root(), ROOT_END, "<x></x>" ROOT_END);
}

static char *
no_signature(void)
{
    return idx_story_body();
}

static char *
signature_in_another_namespace(void)
{
    return closed_with(idx_story_body(), idx_replaced(good_signature(), NS_DS, NS_DS "x"));
}

/* The acquirer signs the response alone, and the attacker writes the rest. */
static char *
reference_to_the_response(void)
{
    struct signature_options options = {.uri = "#RES-" IDX_REFERENCE};
    char *response = idx_between(idx_story_body(), "<samlp:Response", "</samlp:Response>");

    return closed_with(idx_story_body(),
                       scratch_keep(signer_sign(&idx_acquirer, response, &options)));
}

static char *
reference_by_xpointer(void)
{
    return signed_with(&idx_acquirer, &(struct signature_options){.uri = "#xpointer(/)"});
}

static char *
reference_to_a_file(void)
{
    return signed_with(&idx_acquirer, &(struct signature_options){.uri = "file:///etc/hostname"});
}

static char *
reference_without_uri(void)
{
    char *signature = idx_replaced(good_signature(), " URI=\"\"", "");

    return closed_with(idx_story_body(), signature);
}

#define SECOND_REFERENCE                                                                           \
    "<Reference URI=\"#ID-42\"><Transforms>" SIGNER_TRANSFORM(SIGNER_ENVELOPED)                    \
        SIGNER_TRANSFORM(SIGNER_C14N) "</Transforms>"                                              \
                                      "<DigestMethod Algorithm=\"" NS_XENC                         \
                                      "sha256\"></DigestMethod>"                                   \
                                      "<DigestValue>AAAA</DigestValue></Reference>"

static char *
two_references(void)
{
    return signed_with(&idx_acquirer, &(struct signature_options){.more = SECOND_REFERENCE});
}

static char *
reference_to_a_manifest(void)
{
    return signed_with(
        &idx_acquirer,
        &(struct signature_options){.uri = "\" Type=\"http://www.w3.org/2000/09/xmldsig#Manifest"});
}

static char *
object_in_signature(void)
{
    return idx_replaced(good_root(), "</KeyInfo></Signature>" ROOT_END,
                        "</KeyInfo><Object></Object></Signature>" ROOT_END);
}

static char *
text_in_signature(void)
{
    return idx_replaced(good_root(), "</KeyInfo></Signature>" ROOT_END,
                        "</KeyInfo>x</Signature>" ROOT_END);
}

/* --- wrapping the bank's signature: the acquirer signs all of it
 * ------------------------------------ */

static char *
assertion_swapped(void)
{
    return idx_replaced(good_root(), idx_story_assertion(), evil_assertion());
}

static char *
assertion_added_before(void)
{
    return with_assertion(scratch_text("%s%s", evil_assertion(), idx_story_assertion()));
}

static char *
assertion_added_after(void)
{
    return with_assertion(scratch_text("%s%s", idx_story_assertion(), evil_assertion()));
}

/* The attacker's assertion, with the bank's signature. */
static char *
with_signature(const char *signature)
{
    char *evil = evil_assertion();

    return idx_replaced(evil, idx_between(evil, SIGNATURE, "</Signature>"), signature);
}

static char *
banks_signature(void)
{
    return idx_between(idx_story_assertion(), SIGNATURE, "</Signature>");
}

/* The bank's assertion without its signature. */
static char *
banks_assertion(void)
{
    char *assertion = idx_story_assertion();

    return idx_replaced(assertion, idx_between(assertion, SIGNATURE, "</Signature>"), "");
}

static char *
assertion_with_anothers_signature(void)
{
    return with_assertion(with_signature(banks_signature()));
}

/* The signed one is in an Object of its signature, and has the ID that the signature names. */
static char *
assertion_in_object(void)
{
    char *signature =
        idx_replaced(banks_signature(), "</KeyInfo>",
                     scratch_text("</KeyInfo><Object>%s</Object>", banks_assertion()));

    return with_assertion(idx_replaced(with_signature(signature), "ID=\"ID-42\"", "ID=\"ID-43\""));
}

static char *
assertion_in_advice(void)
{
    char *evil = idx_replaced(
        evil_assertion(), "<saml:Subject>",
        scratch_text("<saml:Advice>%s</saml:Advice><saml:Subject>", idx_story_assertion()));

    return with_assertion(idx_replaced(evil, "ID=\"ID-42\"", "ID=\"ID-43\""));
}

static char *
assertion_in_signatures_keyinfo(void)
{
    return with_assertion(with_signature(idx_replaced(
        banks_signature(), "<KeyInfo>", scratch_text("<KeyInfo>%s", banks_assertion()))));
}

static char *
assertion_in_extensions(void)
{
    return idx_signed(&idx_acquirer,
                      idx_replaced(idx_story_body(), "<samlp:Status>",
                                   scratch_text("<samlp:Extensions>%s</samlp:Extensions>"
                                                "<samlp:Status>",
                                                evil_assertion())));
}

static char *
assertion_in_status_detail(void)
{
    idx_story.has_assertion = false;
    return idx_signed(&idx_acquirer,
                      idx_replaced(idx_story_body(), "</samlp:Status>",
                                   scratch_text("<samlp:StatusDetail>%s</samlp:StatusDetail>"
                                                "</samlp:Status>",
                                                evil_assertion())));
}

static char *
assertions_reference_to_the_response(void)
{
    idx_story.signature = &(struct signature_options){.uri = "#RES-" IDX_REFERENCE};
    return idx_story_message();
}

static char *
assertions_reference_to_all(void)
{
    return with_assertion(idx_replaced(idx_story_assertion(), "URI=\"#ID-42\"", "URI=\"\""));
}

static char *
id_of_two_elements(void)
{
    return idx_signed(&idx_acquirer, idx_replaced(idx_story_body(), "<samlp:Status>",
                                                  "<samlp:Status ID=\"ID-42\">"));
}

static char *
id_in_another_spelling(void)
{
    return idx_signed(&idx_acquirer, idx_replaced(idx_story_body(), "<samlp:Status>",
                                                  "<samlp:Status Id=\"ID-42\">"));
}

/* The parser itself knows this attribute as an ID. */
static char *
id_of_xml(void)
{
    return idx_signed(&idx_acquirer, idx_replaced(idx_story_body(), "<container>",
                                                  "<container xml:id=\"ID-42\">"));
}

static char *
assertion_unsigned(void)
{
    return with_assertion(banks_assertion());
}

static char *
assertion_changed(void)
{
    return with_assertion(idx_replaced(idx_story_assertion(), "08:00:30", "08:00:31"));
}

static char *
assertions_signature_in_subject(void)
{
    return with_assertion(idx_replaced(banks_assertion(), "</saml:Subject>",
                                       scratch_text("%s</saml:Subject>", banks_signature())));
}

static char *
assertion_of_a_short_key(void)
{
    EVP_PKEY *key = idx_bank.key;
    char *message;
    X509 *certificate = idx_bank.certificate, *other = X509_dup(certificate);

    idx_bank.key = EVP_RSA_gen(1024);
    ck_assert(X509_set_pubkey(other, idx_bank.key) == 1 &&
              X509_sign(other, idx_bank.key, EVP_sha256()) > 0);
    idx_bank.certificate = other;
    message = idx_story_message();
    EVP_PKEY_free(idx_bank.key);
    X509_free(other);
    idx_bank.key = key;
    idx_bank.certificate = certificate;
    return message;
}

/* --- other algorithms: signed so -----------------------------------------------------------------
 */

#define METHOD(name, algorithm)                                                                    \
    static char *name(void)                                                                        \
    {                                                                                              \
        return signed_with(&idx_acquirer, &(struct signature_options){.method = algorithm});       \
    }
METHOD(rsa_sha1, NS_DS "rsa-sha1")
METHOD(rsa_sha512, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512")
METHOD(rsa_pss, "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1")
METHOD(hmac_sha256, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
METHOD(method_none, "none")
METHOD(method_empty, "")
METHOD(method_with_blank, SIGNER_RSA_SHA256 " ")

#define DIGEST(name, algorithm)                                                                    \
    static char *name(void)                                                                        \
    {                                                                                              \
        return signed_with(&idx_acquirer, &(struct signature_options){.digest = algorithm});       \
    }
DIGEST(digest_sha1, NS_DS "sha1")
DIGEST(digest_sha512, NS_XENC "sha512")

#define C14N(name, algorithm)                                                                      \
    static char *name(void)                                                                        \
    {                                                                                              \
        return signed_with(&idx_acquirer, &(struct signature_options){.c14n = algorithm});         \
    }
C14N(c14n_with_comments, SIGNER_C14N "WithComments")
C14N(c14n_inclusive, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315")

#define TRANSFORMS(name, list)                                                                     \
    static char *name(void)                                                                        \
    {                                                                                              \
        return signed_with(&idx_acquirer, &(struct signature_options){.transforms = list});        \
    }
#define XPATH "http://www.w3.org/TR/1999/REC-xpath-19991116"
TRANSFORMS(transform_c14n_with_comments,
           SIGNER_TRANSFORM(SIGNER_ENVELOPED) SIGNER_TRANSFORM(SIGNER_C14N "WithComments"))
TRANSFORMS(transform_c14n_inclusive,
           SIGNER_TRANSFORM(SIGNER_ENVELOPED)
               SIGNER_TRANSFORM("http://www.w3.org/TR/2001/REC-xml-c14n-20010315"))
TRANSFORMS(transform_xpath,
           SIGNER_TRANSFORM(SIGNER_ENVELOPED) "<Transform Algorithm=\"" XPATH
                                              "\"><XPath>not(ancestor-or-self::x)</XPath>"
                                              "</Transform>" SIGNER_TRANSFORM(SIGNER_C14N))
TRANSFORMS(
    transform_xpath_in_place,
    "<Transform Algorithm=\"" XPATH "\"><XPath xmlns:dsig=\"" NS_DS
    "\">not(ancestor-or-self::dsig:Signature)</XPath></Transform>" SIGNER_TRANSFORM(SIGNER_C14N))
TRANSFORMS(transform_xslt, SIGNER_TRANSFORM(SIGNER_ENVELOPED)
                               SIGNER_TRANSFORM("http://www.w3.org/TR/1999/REC-xslt-19991116"))
TRANSFORMS(transform_base64, SIGNER_TRANSFORM(SIGNER_ENVELOPED) SIGNER_TRANSFORM(NS_DS "base64"))
TRANSFORMS(enveloped_twice, SIGNER_TRANSFORM(SIGNER_ENVELOPED) SIGNER_TRANSFORM(SIGNER_ENVELOPED))
TRANSFORMS(three_transforms, SIGNER_TRANSFORM(SIGNER_ENVELOPED) SIGNER_TRANSFORM(SIGNER_C14N)
                                 SIGNER_TRANSFORM(SIGNER_C14N))
TRANSFORMS(transforms_swapped, SIGNER_TRANSFORM(SIGNER_C14N) SIGNER_TRANSFORM(SIGNER_ENVELOPED))
TRANSFORMS(enveloped_alone, SIGNER_TRANSFORM(SIGNER_ENVELOPED))
TRANSFORMS(no_transforms, "")
TRANSFORMS(transform_with_prefixes,
           SIGNER_TRANSFORM(SIGNER_ENVELOPED) "<Transform Algorithm=\"" SIGNER_C14N
                                              "\"><InclusiveNamespaces xmlns=\"" SIGNER_C14N
                                              "\" PrefixList=\"a\"></InclusiveNamespaces>"
                                              "</Transform>")

static char *
hmac_of_one_bit(void)
{
    return closed_with(idx_story_body(),
                       idx_replaced(good_signature(), "</SignatureMethod>",
                                    "<HMACOutputLength>1</HMACOutputLength></SignatureMethod>"));
}

static char *
assertion_by_rsa_sha1(void)
{
    idx_story.signature = &(struct signature_options){.method = NS_DS "rsa-sha1"};
    return idx_story_message();
}

static char *
assertion_by_digest_sha1(void)
{
    idx_story.signature = &(struct signature_options){.digest = NS_DS "sha1"};
    return idx_story_message();
}

/* --- other keys
 * ----------------------------------------------------------------------------------- */

static char *
attackers_key(void)
{
    return signed_with(&idx_attacker, NULL);
}

#define NAME_OF(party) scratch_text("<KeyName>%s</KeyName>", (party).name)

static char *
attackers_key_by_the_acquirers_name(void)
{
    return signed_with(&idx_attacker,
                       &(struct signature_options){.key_info = NAME_OF(idx_acquirer)});
}

static char *
acquirers_key_by_another_name(void)
{
    return signed_with(&idx_acquirer,
                       &(struct signature_options){.key_info = NAME_OF(idx_next_acquirer)});
}

static char *
banks_key(void)
{
    return signed_with(&idx_bank, NULL);
}

static char *
acquirers_name_in_lower_case(void)
{
    char name[IDX_FINGERPRINT];

    for (size_t i = 0; i < sizeof name; i++)
        name[i] = (char)(idx_acquirer.name[i] | (idx_acquirer.name[i] >= 'A' ? 0x20 : 0));
    return signed_with(&idx_acquirer, &(struct signature_options){
                                          .key_info = scratch_text("<KeyName>%s</KeyName>", name)});
}

/* The attacker's certificate, as the assertions carry theirs. */
static char *
attackers_certificate(void)
{
    return idx_between(evil_assertion(), "<X509Data>", "</X509Data>");
}

static char *
embedded_certificate(void)
{
    return signed_with(&idx_attacker,
                       &(struct signature_options){.key_info = attackers_certificate()});
}

static char *
embedded_certificate_with_the_acquirers_name(void)
{
    return signed_with(&idx_attacker, &(struct signature_options){
                                          .key_info = scratch_text("%s%s", NAME_OF(idx_acquirer),
                                                                   attackers_certificate())});
}

#define KEY_VALUE                                                                                  \
    "<KeyValue><RSAKeyValue><Modulus>AQAB</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>"        \
    "</KeyValue>"

static char *
key_value(void)
{
    return signed_with(&idx_attacker, &(struct signature_options){.key_info = KEY_VALUE});
}

static char *
key_value_with_the_acquirers_name(void)
{
    return signed_with(&idx_acquirer,
                       &(struct signature_options){
                           .key_info = scratch_text("%s" KEY_VALUE, NAME_OF(idx_acquirer))});
}

static char *
two_key_names(void)
{
    return signed_with(&idx_attacker, &(struct signature_options){
                                          .key_info = scratch_text("%s%s", NAME_OF(idx_acquirer),
                                                                   NAME_OF(idx_attacker))});
}

static char *
retrieval_method(void)
{
    return signed_with(&idx_attacker, &(struct signature_options){
                                          .key_info = "<RetrievalMethod URI=\"http://127.0.0.1/k\">"
                                                      "</RetrievalMethod>"});
}

static char *
no_key_info(void)
{
    char *signature = good_signature();

    return closed_with(
        idx_story_body(),
        idx_replaced(signature, idx_between(signature, "<KeyInfo>", "</KeyInfo>"), ""));
}

/* --- XML that a parser may follow
 * ------------------------------------------------------------------ */

#define WITH_DTD(name, dtd)                                                                        \
    static char *name(void)                                                                        \
    {                                                                                              \
        return scratch_text("%s%s", dtd, good_root());                                             \
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
                        idx_replaced(good_root(), IDX_TRANSACTION, "&e;"));
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
    return idx_replaced(good_root(), IDX_TRANSACTION, "&e;");
}

static char *
xinclude(void)
{
    return idx_signed(&idx_acquirer,
                      idx_replaced(idx_story_body(), IDX_TRANSACTION,
                                   "<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\""
                                   " href=\"file:///etc/hostname\" parse=\"text\"></xi:include>"));
}

static char *
instruction_before_the_root(void)
{
    return scratch_text("<?xml-stylesheet href=\"http://127.0.0.1/\"?>%s", good_root());
}

static char *
instruction_in_a_value(void)
{
    return idx_signed(&idx_acquirer,
                      idx_replaced(idx_story_body(), "Success</status>", "Succ<?a?>ess</status>"));
}

/* Without comments, the signature is over the whole word. */
static char *
comment_in_the_status(void)
{
    idx_story.has_response = false;
    idx_story.status = "Failure";
    return idx_replaced(good_root(), "Failure</status>", "Fail<!-- -->ure</status>");
}

static char *
comment_in_the_transaction(void)
{
    return idx_replaced(good_root(), IDX_TRANSACTION, IDX_TRANSACTION "<!-- -->");
}

static char *
comment_in_the_audience(void)
{
    return idx_replaced(good_root(), IDX_LEGAL_ID, "NL00<!-- -->ZZZ12345678");
}

static char *
comment_in_the_authority(void)
{
    return idx_replaced(good_root(), "<saml:AuthenticatingAuthority>" IDX_ISSUER,
                        "<saml:AuthenticatingAuthority>INGB<!-- -->NL2A");
}

static char *
comment_in_the_key_name(void)
{
    return idx_replaced(good_root(), "</KeyName>", "<!-- --></KeyName>");
}

static char *
comment_in_the_digest(void)
{
    char *root = good_root(), *signature = good_signature();

    return idx_replaced(root, signature,
                        idx_replaced(signature, "</DigestValue>", "<!-- --></DigestValue>"));
}

static char *
comment_in_the_ciphertext(void)
{
    return idx_replaced(good_root(), "</xenc:CipherValue>", "<!-- --></xenc:CipherValue>");
}

static char *
oversize(void)
{
    char *padding = malloc(IDX_MESSAGE_MAX + 1);

    memset(padding, ' ', IDX_MESSAGE_MAX);
    padding[IDX_MESSAGE_MAX] = '\0';
    return scratch_text("%s%s", good_root(), scratch_keep(padding));
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
                      closed_with(idx_story_body(), scratch_text("%s%s", begin, end)));
}

static char *
two_roots(void)
{
    return scratch_text("%s%s", good_root(), evil_body());
}

static char *
text_behind(void)
{
    return scratch_text("%sx", good_root());
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
                        idx_replaced(good_root(), "<Transaction>", "+ADw-Transaction>"));
}

static char *
encoding_latin1(void)
{
    return scratch_text("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>%s",
                        idx_replaced(good_root(), "<Transaction>", "<!-- \xE9 --><Transaction>"));
}

/* --- names ---------------------------------------------------------------------------------------
 */

/* The acquirer signs an edited body. */
#define SIGNED_EDIT(name, from, to)                                                                \
    static char *name(void)                                                                        \
    {                                                                                              \
        return idx_signed(&idx_acquirer, idx_replaced(idx_story_body(), from, to));                \
    }
SIGNED_EDIT(other_version, "version=\"1.0.0\"", "version=\"1.0.1\"")
SIGNED_EDIT(other_product, "NL:BVN:BankID:1.0", "NL:BVN:eMandatesCore:1.0")
SIGNED_EDIT(no_product, " productID=\"NL:BVN:BankID:1.0\"", "")
SIGNED_EDIT(version_in_a_namespace, "version=\"1.0.0\"", "xmlns:v=\"urn:v\" v:version=\"1.0.0\"")
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
SIGNED_EDIT(in_response_to_in_a_namespace, "InResponseTo", "xmlns:r=\"urn:r\" r:InResponseTo")
SIGNED_EDIT(date_of_no_calendar, "2027-01-15T08:00:00.123Z</createDateTimestamp>",
            "2027-02-30T08:00:00.123Z</createDateTimestamp>")
SIGNED_EDIT(date_without_zone, "00.123Z</createDateTimestamp>", "00.123</createDateTimestamp>")

static char *
prefix_undeclared(void)
{
    return idx_replaced(good_root(), "<status>", "<q:status>");
}

static char *
another_message(void)
{
    char *body = idx_replaced(idx_story_body(), "<AcquirerStatusRes", "<AcquirerTrxRes");

    return idx_signed(&idx_acquirer, idx_replaced(body, ROOT_END, "</AcquirerTrxRes>"));
}

/* --- all of them
 * ----------------------------------------------------------------------------------- */

#define ATTACK(function, error)                                                                    \
    {                                                                                              \
#function, function, error                                                                 \
    }

static const struct attack {
    const char *name;
    char *(*make)(void);
    int error;
} attacks[] = {
    ATTACK(root_in_object, IDQ_SIGNATURE),
    ATTACK(root_in_object_with_its_signature, IDQ_SIGNATURE),
    ATTACK(root_in_extensions, IDQ_SIGNATURE),
    ATTACK(root_in_container, IDQ_SIGNATURE),
    ATTACK(root_as_last_child, IDQ_SIGNATURE),
    ATTACK(root_in_keyinfo, IDQ_SIGNATURE),
    ATTACK(other_root_around, IDQ_REPLY),
    ATTACK(signature_of_another_message, IDQ_SIGNATURE),
    ATTACK(second_signature_first, IDQ_SIGNATURE),
    ATTACK(second_signature_last, IDQ_SIGNATURE),
    ATTACK(signature_first, IDQ_SIGNATURE),
    ATTACK(signature_in_transaction, IDQ_SIGNATURE),
    ATTACK(element_after_signature, IDQ_SIGNATURE),
    ATTACK(no_signature, IDQ_SIGNATURE),
    ATTACK(signature_in_another_namespace, IDQ_SIGNATURE),
    ATTACK(reference_to_the_response, IDQ_SIGNATURE),
    ATTACK(reference_by_xpointer, IDQ_SIGNATURE),
    ATTACK(reference_to_a_file, IDQ_SIGNATURE),
    ATTACK(reference_without_uri, IDQ_SIGNATURE),
    ATTACK(two_references, IDQ_SIGNATURE),
    ATTACK(reference_to_a_manifest, IDQ_SIGNATURE),
    ATTACK(object_in_signature, IDQ_SIGNATURE),
    ATTACK(text_in_signature, IDQ_SIGNATURE),

    ATTACK(assertion_swapped, IDQ_SIGNATURE),
    ATTACK(assertion_added_before, IDQ_REPLY),
    ATTACK(assertion_added_after, IDQ_REPLY),
    ATTACK(assertion_with_anothers_signature, IDQ_SIGNATURE),
    ATTACK(assertion_in_object, IDQ_SIGNATURE),
    ATTACK(assertion_in_advice, IDQ_REPLY),
    ATTACK(assertion_in_signatures_keyinfo, IDQ_SIGNATURE),
    ATTACK(assertion_in_extensions, IDQ_REPLY),
    ATTACK(assertions_reference_to_the_response, IDQ_SIGNATURE),
    ATTACK(assertions_reference_to_all, IDQ_SIGNATURE),
    ATTACK(id_of_two_elements, IDQ_SIGNATURE),
    ATTACK(id_in_another_spelling, IDQ_SIGNATURE),
    ATTACK(id_of_xml, IDQ_SIGNATURE),
    ATTACK(assertion_unsigned, IDQ_REPLY),
    ATTACK(assertion_changed, IDQ_SIGNATURE),
    ATTACK(assertions_signature_in_subject, IDQ_REPLY),
    ATTACK(assertion_of_a_short_key, IDQ_SIGNATURE),

    ATTACK(rsa_sha1, IDQ_SIGNATURE),
    ATTACK(rsa_sha512, IDQ_SIGNATURE),
    ATTACK(rsa_pss, IDQ_SIGNATURE),
    ATTACK(hmac_sha256, IDQ_SIGNATURE),
    ATTACK(hmac_of_one_bit, IDQ_SIGNATURE),
    ATTACK(method_none, IDQ_SIGNATURE),
    ATTACK(method_empty, IDQ_SIGNATURE),
    ATTACK(method_with_blank, IDQ_SIGNATURE),
    ATTACK(digest_sha1, IDQ_SIGNATURE),
    ATTACK(digest_sha512, IDQ_SIGNATURE),
    ATTACK(c14n_with_comments, IDQ_SIGNATURE),
    ATTACK(c14n_inclusive, IDQ_SIGNATURE),
    ATTACK(transform_c14n_with_comments, IDQ_SIGNATURE),
    ATTACK(transform_c14n_inclusive, IDQ_SIGNATURE),
    ATTACK(transform_xpath, IDQ_SIGNATURE),
    ATTACK(transform_xpath_in_place, IDQ_SIGNATURE),
    ATTACK(transform_xslt, IDQ_SIGNATURE),
    ATTACK(transform_base64, IDQ_SIGNATURE),
    ATTACK(enveloped_twice, IDQ_SIGNATURE),
    ATTACK(three_transforms, IDQ_SIGNATURE),
    ATTACK(transforms_swapped, IDQ_SIGNATURE),
    ATTACK(enveloped_alone, IDQ_SIGNATURE),
    ATTACK(no_transforms, IDQ_SIGNATURE),
    ATTACK(transform_with_prefixes, IDQ_SIGNATURE),
    ATTACK(assertion_by_rsa_sha1, IDQ_SIGNATURE),
    ATTACK(assertion_by_digest_sha1, IDQ_SIGNATURE),

    ATTACK(attackers_key, IDQ_SIGNATURE),
    ATTACK(attackers_key_by_the_acquirers_name, IDQ_SIGNATURE),
    ATTACK(acquirers_key_by_another_name, IDQ_SIGNATURE),
    ATTACK(banks_key, IDQ_SIGNATURE),
    ATTACK(acquirers_name_in_lower_case, IDQ_SIGNATURE),
    ATTACK(embedded_certificate, IDQ_SIGNATURE),
    ATTACK(embedded_certificate_with_the_acquirers_name, IDQ_SIGNATURE),
    ATTACK(key_value, IDQ_SIGNATURE),
    ATTACK(key_value_with_the_acquirers_name, IDQ_SIGNATURE),
    ATTACK(two_key_names, IDQ_SIGNATURE),
    ATTACK(retrieval_method, IDQ_SIGNATURE),
    ATTACK(no_key_info, IDQ_SIGNATURE),

    ATTACK(dtd_empty, IDQ_REPLY),
    ATTACK(dtd_internal, IDQ_REPLY),
    ATTACK(dtd_of_an_id, IDQ_REPLY),
    ATTACK(dtd_external, IDQ_REPLY),
    ATTACK(dtd_from_the_network, IDQ_REPLY),
    ATTACK(dtd_with_parameter_entity, IDQ_REPLY),
    ATTACK(entity_for_a_value, IDQ_REPLY),
    ATTACK(entity_of_a_file, IDQ_REPLY),
    ATTACK(entities_that_grow, IDQ_REPLY),
    ATTACK(entity_undeclared, IDQ_REPLY),
    ATTACK(xinclude, IDQ_REPLY),
    ATTACK(instruction_before_the_root, IDQ_REPLY),
    ATTACK(instruction_in_a_value, IDQ_REPLY),
    ATTACK(comment_in_the_status, IDQ_REPLY),
    ATTACK(comment_in_the_transaction, IDQ_REPLY),
    ATTACK(comment_in_the_audience, IDQ_OTHER_CODE),
    ATTACK(comment_in_the_authority, IDQ_OTHER_CODE),
    ATTACK(comment_in_the_key_name, IDQ_SIGNATURE),
    ATTACK(comment_in_the_digest, IDQ_SIGNATURE),
    ATTACK(comment_in_the_ciphertext, IDQ_REPLY),
    ATTACK(oversize, IDQ_REPLY),
    ATTACK(deep, IDQ_REPLY),
    ATTACK(two_roots, IDQ_REPLY),
    ATTACK(text_behind, IDQ_REPLY),
    ATTACK(nothing, IDQ_REPLY),
    ATTACK(encoding_utf7, IDQ_REPLY),
    ATTACK(encoding_latin1, IDQ_REPLY),

    ATTACK(other_version, IDQ_REPLY),
    ATTACK(other_product, IDQ_REPLY),
    ATTACK(no_product, IDQ_REPLY),
    ATTACK(version_in_a_namespace, IDQ_REPLY),
    ATTACK(root_in_another_namespace, IDQ_REPLY),
    ATTACK(root_without_a_namespace, IDQ_REPLY),
    ATTACK(status_in_another_namespace, IDQ_REPLY),
    ATTACK(status_without_a_namespace, IDQ_REPLY),
    ATTACK(status_twice, IDQ_REPLY),
    ATTACK(status_of_two_namespaces, IDQ_REPLY),
    ATTACK(transaction_twice, IDQ_REPLY),
    ATTACK(saml_in_the_envelopes_namespace, IDQ_REPLY),
    ATTACK(protocol_1_1, IDQ_REPLY),
    ATTACK(response_in_a_wrapper, IDQ_REPLY),
    ATTACK(in_response_to_in_a_namespace, IDQ_OTHER_CODE),
    ATTACK(date_of_no_calendar, IDQ_REPLY),
    ATTACK(date_without_zone, IDQ_REPLY),
    ATTACK(prefix_undeclared, IDQ_REPLY),
    ATTACK(another_message, IDQ_REPLY),
};

static const char *
name_of(int i, const char **ret_why_not)
{
    (void)ret_why_not;
    return (size_t)i < ARRAY_LENGTH(attacks) ? attacks[i].name : NULL;
}

TEST_CASE(NULL, .variant = name_of, .setup = idx_fixture_reset);

TEST(is_refused)
{
    const struct attack *attack = &attacks[runner_variant()];

    idx_must_be(attack->make(), attack->error);
    /* Nothing in it could have changed the state of the login. */
    ck_assert_uint_le(idx_n_taken, strcmp(attack->name, "comment_in_the_ciphertext") == 0);
}

TEST_CASE("wrapped", .setup = idx_fixture_reset);

/* It is no assertion of the response: the answer has none. */
TEST(in_a_detail_of_the_status)
{
    ck_assert_int_eq(idx_read(assertion_in_status_detail()), 0);
    ck_assert_int_eq(idx_result.status, IDX_LATE);
    ck_assert_ptr_null(idx_result.bin);
}

/* The parts that the attacks are made of are good ones. */
TEST(the_parts_are_good)
{
    ck_assert_int_eq(idx_read(good_root()), 0);
    idx_result_wipe(&idx_result);
    ck_assert_int_eq(idx_read(closed_with(idx_story_body(), good_signature())), IDQ_SIGNATURE);
    ck_assert_int_eq(idx_read(signed_with(&idx_acquirer, NULL)), 0);
    idx_result_wipe(&idx_result);
    ck_assert_int_eq(idx_read(with_assertion(idx_story_assertion())), 0);
    idx_result_wipe(&idx_result);
}

RUN_TESTS("idx_attacks", idx_fixture_begin());
