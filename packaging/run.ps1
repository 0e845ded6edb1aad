# Start voiceapp on Windows; the first time it makes the environment. Arguments are passed on.
# Not tested on a real Windows machine.
#   powershell -ExecutionPolicy Bypass -File packaging\run.ps1 ask question.wav
$ErrorActionPreference = "Stop"
$root = Split-Path -Parent $PSScriptRoot
$venv = Join-Path $root ".venv"
$python = Join-Path $venv "Scripts\python.exe"
$mark = Join-Path $venv ".made-for-run"
$stamp = (Get-FileHash (Join-Path $root "pyproject.toml")).Hash + (Get-FileHash (Join-Path $root "packaging\constraints.txt")).Hash

if (-not ((Test-Path $mark) -and ((Get-Content $mark -Raw).Trim() -eq $stamp))) {
    $base = $null
    foreach ($version in "3.14", "3.13", "3.12", "3.11") {
        & py "-$version" -c "pass" 2>$null
        if ($LASTEXITCODE -eq 0) { $base = "-$version"; break }
    }
    if (-not $base) {
        Write-Error "voiceapp: Python 3.11 or newer is needed: https://www.python.org/downloads/"
        exit 1
    }
    if (-not (Test-Path $python)) { & py $base -m venv $venv }
    & $python -m pip install --quiet -c (Join-Path $root "packaging\constraints.txt") -e $root
    if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
    Set-Content -Path $mark -Value $stamp
}
& $python -m voiceapp @args
exit $LASTEXITCODE
