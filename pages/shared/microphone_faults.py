"""Why a browser did not open its microphone: a sentence for each code that the script reports."""

FAULTS = {
    "denied": "The browser does not let this page use the microphone. Allow it by the icon beside"
    " the address, then press “Try again”.",
    "no-device": "No microphone was found. Connect one, then press “Try again”.",
    "busy": "Another program holds the microphone. Close it there, then press “Try again”.",
    "gone": "The chosen microphone is no longer connected. The default one is selected now:"
    " press “Try again”.",
    "no-webrtc": "This browser cannot send live sound (it has no WebRTC). Record below instead, or"
    " open this page in a current Firefox, Chrome, Edge or Safari.",
    "no-microphone-access": "This browser offers pages no microphone. Open this page in a current"
    " Firefox, Chrome, Edge or Safari.",
    "insecure": "Browsers give the microphone only to pages on localhost or https. Open this page"
    " as http://localhost on the machine itself, or put https in front of it.",
    "other": "The browser could not open the microphone. Choose another one, or record below.",
}
