"""What assistants and callers say in the simulated world."""

from __future__ import annotations

PROMPT = (
    "You are {name}, the telephone assistant of Example Clinic. Find out what the caller needs, look it up with your"
    " tools, and never make up an appointment. Keep every answer under two sentences. Speak the caller's language."
)
RULES = (
    " Confirm names by spelling them back. Read dates as words.",
    " When the caller is upset, apologise once and offer a person.",
    " Do not give medical advice. In an emergency, ask the caller to hang up and dial the emergency number.",
    " Opening hours are Monday to Friday from eight to six, Saturday from nine to one. Parking is behind the house.",
)
GREETINGS = (
    "Hello, this is {name}. How can I help you today?",
    "Good morning, Example Clinic, {name} speaking.",
    "Hola, soy {name}. ¿En qué puedo ayudarle?",
)
BOT = (
    "I can look that up for you. One moment.",
    "Could you tell me your date of birth, please?",
    "Thank you. I have you down for Tuesday at half past ten.",
    "Would the morning or the afternoon suit you better?",
    "I'm sorry to hear that. Let me see what we can do about it.",
    "Your order left our warehouse yesterday and should arrive tomorrow before noon.",
    "Just to confirm: you would like to move the appointment to next week, is that right?",
    "The invoice was sent to the address that we have on file.",
    "Is there anything else that I can do for you?",
    "That is free of charge within the first thirty days.",
    "De acuerdo, lo dejo apuntado.",
    "Ich habe das für Sie notiert.",
    "All right, I have noted that the delivery should go to your neighbour if nobody opens the door.",
    "Great.",
)
USER = (
    "Yes.",
    "No, that's fine.",
    "Um, I think it was in March. Or April.",
    "Could you say that again, please?",
    "I'd like to book an appointment for my daughter.",
    "My order never arrived, and the tracking page hasn't changed for a week.",
    "Sí, por favor.",
    "The afternoon would be better, after four if that's possible.",
    "Hold on, I have to find my glasses.",
    "I was charged twice this month and I would like the second payment back.",
    "Okay. Thank you.",
    "Können Sie das wiederholen?",
    "Is this a robot?",
    "That works for me. 👍",
)
VOICEMAIL = (
    "Your call has been forwarded to voice mail. The person you're trying to reach is not available.",
    "At the tone, please record your message. When you have finished recording, you may hang up.",
)
SUMMARIES = (
    "The caller asked to move an appointment to the next week; the assistant confirmed Tuesday at half past ten.",
    "The caller reported an order that had not arrived. The assistant gave the delivery date and the call ended.",
    "The caller was charged twice and asked for the second payment back. A ticket was opened.",
    "A short call without a clear request.",
    "La persona llamó para pedir una cita y se le ofreció el martes por la mañana.",
)
