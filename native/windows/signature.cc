// SPDX-License-Identifier: MIT
#include "windows/signature.h"

#include <vector>

// After windows.h.
#include <wincrypt.h>
//
#include <wintrust.h>
//
#include <mscat.h>
#include <softpub.h>

namespace kernelwire {
namespace {

constexpr size_t kNameUnitsMax = 1024;
constexpr size_t kHashBytesMax = 64;

// Neither is in mingw-w64's import library; Windows has both since version 8.
struct CatalogCalls {
  using Acquire = BOOL(WINAPI*)(HCATADMIN*, const GUID*, const WCHAR*, const CERT_STRONG_SIGN_PARA*,
                                DWORD);
  using Hash = BOOL(WINAPI*)(HCATADMIN, HANDLE, DWORD*, BYTE*, DWORD);
  Acquire acquire;
  Hash hash;
};

CatalogCalls FindCatalogCalls() {
  const HMODULE wintrust = GetModuleHandleW(L"wintrust.dll");
  const auto find = [wintrust](const char* name) {
    return reinterpret_cast<void*>(GetProcAddress(wintrust, name));
  };
  return {reinterpret_cast<CatalogCalls::Acquire>(find("CryptCATAdminAcquireContext2")),
          reinterpret_cast<CatalogCalls::Hash>(find("CryptCATAdminCalcHashFromFileHandle2"))};
}

std::u16string NameOf(CERT_NAME_BLOB& name) {
  wchar_t text[kNameUnitsMax];
  const DWORD units =
      CertNameToStrW(X509_ASN_ENCODING, &name, CERT_X500_NAME_STR, text, kNameUnitsMax);
  return units <= 1 ? std::u16string()
                    : std::u16string(reinterpret_cast<const char16_t*>(text), units - 1);
}

ChainStatus StatusOf(LONG error) {
  switch (error) {
    case ERROR_SUCCESS:
      return ChainStatus::kVerified;
    case CERT_E_CHAINING:
    case CERT_E_REVOCATION_FAILURE:
    case CRYPT_E_NO_REVOCATION_CHECK:
    case CRYPT_E_REVOCATION_OFFLINE:
      return ChainStatus::kNotVerified;
    case CERT_E_UNTRUSTEDROOT:
    case CERT_E_UNTRUSTEDCA:
    case TRUST_E_EXPLICIT_DISTRUST:
    case TRUST_E_SUBJECT_NOT_TRUSTED:
      return ChainStatus::kUntrusted;
    case CERT_E_REVOKED:
    case CRYPT_E_REVOKED:
      return ChainStatus::kRevoked;
    case CERT_E_EXPIRED:
    case CERT_E_VALIDITYPERIODNESTING:
      return ChainStatus::kNotTimeValid;
    default:
      return ChainStatus::kError;
  }
}

// Who signed, of what WinVerifyTrust has found out.
void PutSigner(HANDLE state, Signature& signature) {
  CRYPT_PROVIDER_DATA* const data = WTHelperProvDataFromStateData(state);
  CRYPT_PROVIDER_SGNR* const signer =
      data == nullptr ? nullptr : WTHelperGetProvSignerFromChain(data, 0, FALSE, 0);
  CRYPT_PROVIDER_CERT* const found =
      signer == nullptr ? nullptr : WTHelperGetProvCertFromChain(signer, 0);
  if (found == nullptr || found->pCert == nullptr) return;
  CERT_INFO& certificate = *found->pCert->pCertInfo;
  signature.issuer = NameOf(certificate.Issuer);
  signature.subject = NameOf(certificate.Subject);
  const bool is_own_issuer =
      CertCompareCertificateName(X509_ASN_ENCODING, &certificate.Issuer, &certificate.Subject);
  if (is_own_issuer && signature.chain == ChainStatus::kUntrusted)
    signature.chain = ChainStatus::kSelfSigned;
}

// True where there is a signature, good or not. `data` says what is to be verified.
bool Verify(WINTRUST_DATA data, Signature& signature) {
  data.cbStruct = sizeof(data);
  data.dwUIChoice = WTD_UI_NONE;
  data.fdwRevocationChecks = WTD_REVOKE_NONE;
  data.dwProvFlags = WTD_CACHE_ONLY_URL_RETRIEVAL | WTD_REVOCATION_CHECK_NONE;
  data.dwStateAction = WTD_STATEACTION_VERIFY;
  GUID policy = WINTRUST_ACTION_GENERIC_VERIFY_V2;
  const auto window = static_cast<HWND>(INVALID_HANDLE_VALUE);
  const LONG error = WinVerifyTrust(window, &policy, &data);
  const bool is_signed = error != TRUST_E_NOSIGNATURE && error != TRUST_E_SUBJECT_FORM_UNKNOWN &&
                         error != TRUST_E_PROVIDER_UNKNOWN;
  if (is_signed) {
    signature.is_signed = true;
    signature.chain = StatusOf(error);
    PutSigner(data.hWVTStateData, signature);
  }
  data.dwStateAction = WTD_STATEACTION_CLOSE;
  WinVerifyTrust(window, &policy, &data);
  return is_signed;
}

bool VerifyOwn(HANDLE file, const std::wstring& path, Signature& signature) {
  WINTRUST_FILE_INFO info{};
  info.cbStruct = sizeof(info);
  info.pcwszFilePath = path.c_str();
  info.hFile = file;
  WINTRUST_DATA data{};
  data.dwUnionChoice = WTD_CHOICE_FILE;
  data.pFile = &info;
  return Verify(data, signature);
}

// Catalogs name their members by the hash, in capital hex digits.
std::wstring MemberTag(const std::vector<BYTE>& hash) {
  std::wstring tag;
  for (const BYTE byte : hash) {
    tag += L"0123456789ABCDEF"[byte >> 4];
    tag += L"0123456789ABCDEF"[byte & 15];
  }
  return tag;
}

bool VerifyInCatalog(HANDLE file, const std::wstring& path, HCATADMIN admin,
                     std::vector<BYTE>& hash, Signature& signature) {
  const HCATINFO catalog = CryptCATAdminEnumCatalogFromHash(
      admin, hash.data(), static_cast<DWORD>(hash.size()), 0, nullptr);
  if (catalog == nullptr) return false;
  CATALOG_INFO where{};
  where.cbStruct = sizeof(where);
  bool is_signed = false;
  if (CryptCATCatalogInfoFromContext(catalog, &where, 0)) {
    const std::wstring tag = MemberTag(hash);
    WINTRUST_CATALOG_INFO info{};
    info.cbStruct = sizeof(info);
    info.pcwszCatalogFilePath = where.wszCatalogFile;
    info.pcwszMemberTag = tag.c_str();
    info.pcwszMemberFilePath = path.c_str();
    info.hMemberFile = file;
    info.pbCalculatedFileHash = hash.data();
    info.cbCalculatedFileHash = static_cast<DWORD>(hash.size());
    info.hCatAdmin = admin;
    WINTRUST_DATA data{};
    data.dwUnionChoice = WTD_CHOICE_CATALOG;
    data.pCatalog = &info;
    is_signed = Verify(data, signature);
  }
  CryptCATAdminReleaseCatalogContext(admin, catalog, 0);
  return is_signed;
}

// The programs of Windows itself are signed in catalogs, by SHA-256; old ones by SHA-1.
bool VerifyInCatalogs(HANDLE file, const std::wstring& path, Signature& signature) {
  const CatalogCalls calls = FindCatalogCalls();
  if (calls.acquire == nullptr || calls.hash == nullptr) return false;
  for (const wchar_t* const algorithm : {L"SHA256", L"SHA1"}) {
    HCATADMIN admin = nullptr;
    if (!calls.acquire(&admin, nullptr, algorithm, nullptr, 0)) continue;
    std::vector<BYTE> hash(kHashBytesMax);
    DWORD bytes = kHashBytesMax;
    bool is_signed = false;
    if (calls.hash(admin, file, &bytes, hash.data(), 0)) {
      hash.resize(bytes);
      is_signed = VerifyInCatalog(file, path, admin, hash, signature);
    }
    CryptCATAdminReleaseContext(admin, 0);
    if (is_signed) return true;
  }
  return false;
}

}  // namespace

Signature CheckSignature(HANDLE file, const std::wstring& path) {
  Signature signature;
  if (!VerifyOwn(file, path, signature)) VerifyInCatalogs(file, path, signature);
  return signature;
}

}  // namespace kernelwire
